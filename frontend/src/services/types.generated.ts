// Made from the server’s OpenAPI document by `npm run generate`. Change the records in Python instead.

export type ScalarValue = boolean | number | string | null;
export type FailureCause =
  'out-of-memory' | 'nan-loss' | 'disk-full' | 'killed' | 'time-out' | 'library-error' | 'crashed';
export type RunEvent =
  | RunQueued
  | RunStarted
  | RunFinished
  | NodeQueued
  | NodeWaiting
  | NodeStarted
  | NodePlaced
  | NodeMemory
  | NodeCheckpoint
  | NodeResumed
  | NodeProgress
  | NodeMetric
  | NodeLog
  | NodeOutput
  | NodeFinished
  | NodeFailed
  | NodeReused
  | NodeCancelled
  | NodeSkipped;
export type RunStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
export type MetricAxis = 'epoch' | 'batch' | 'result';
export type ParameterKind = 'integer' | 'number' | 'flag' | 'choice' | 'text' | 'dataset';
export type NodeStatus = 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped';
export type Preview =
  | ImageDirectoryPreview
  | TransformationPreview
  | UntrainedModelPreview
  | ModelPreview
  | ScoredPreview
  | EvaluationPreview
  | ConfusionCellPreview
  | TablePreview
  | FilesPreview;

/**
 * Every record of the API, by name.
 */
export interface ApiRecords {
  Annotation: Annotation;
  AnnotationInput: AnnotationInput;
  AppliedTransformation: AppliedTransformation;
  ArtifactRef: ArtifactRef;
  AskedFor: AskedFor;
  Averages: Averages;
  BudgetUpdate: BudgetUpdate;
  CategoryCount: CategoryCount;
  ChangedField: ChangedField;
  CheckpointNote: CheckpointNote;
  ClassFigures: ClassFigures;
  CollectAnswer: CollectAnswer;
  CollectRequest: CollectRequest;
  ConfusionCell: ConfusionCell;
  ConfusionCellPreview: ConfusionCellPreview;
  ConversionReport: ConversionReport;
  Dataset: Dataset;
  DatasetAnswer: DatasetAnswer;
  DatasetCreate: DatasetCreate;
  DatasetSummary: DatasetSummary;
  DatasetsAnswer: DatasetsAnswer;
  DirectoryTypeSpec: DirectoryTypeSpec;
  DiskSpace: DiskSpace;
  DiskUse: DiskUse;
  DocumentAnswer: DocumentAnswer;
  DocumentNode: DocumentNode;
  DocumentNodeInput: DocumentNodeInput;
  DocumentWire: DocumentWire;
  ErrorAnswer: ErrorAnswer;
  ErrorRecord: ErrorRecord;
  EvaluatedModel: EvaluatedModel;
  EvaluationPreview: EvaluationPreview;
  EventBase: EventBase;
  EventsAnswer: EventsAnswer;
  Explanation: Explanation;
  ExplanationRecord: ExplanationRecord;
  ExportedRecord: ExportedRecord;
  FactsAnswer: FactsAnswer;
  FactsQuestion: FactsQuestion;
  FailureCause: FailureCause;
  FailureReport: FailureReport;
  FileRecord: FileRecord;
  FilesPreview: FilesPreview;
  Health: Health;
  ImageDirectoryPreview: ImageDirectoryPreview;
  ImageRecord: ImageRecord;
  InputPortSpec: InputPortSpec;
  LogsAnswer: LogsAnswer;
  MacroAuc: MacroAuc;
  MetricAxis: MetricAxis;
  MetricPoint: MetricPoint;
  ModelPreview: ModelPreview;
  ModuleSpec: ModuleSpec;
  ModulesAnswer: ModulesAnswer;
  NodeCancelled: NodeCancelled;
  NodeCheckpoint: NodeCheckpoint;
  NodeEventBase: NodeEventBase;
  NodeFailed: NodeFailed;
  NodeFinished: NodeFinished;
  NodeLog: NodeLog;
  NodeMemory: NodeMemory;
  NodeMetric: NodeMetric;
  NodeOutput: NodeOutput;
  NodePlaced: NodePlaced;
  NodeProgress: NodeProgress;
  NodeQueued: NodeQueued;
  NodeResources: NodeResources;
  NodeResourcesInput: NodeResourcesInput;
  NodeResumed: NodeResumed;
  NodeReused: NodeReused;
  NodeRun: NodeRun;
  NodeSkipped: NodeSkipped;
  NodeStarted: NodeStarted;
  NodeStatus: NodeStatus;
  NodeWaiting: NodeWaiting;
  Output: Output;
  OutputPortSpec: OutputPortSpec;
  OutputsAnswer: OutputsAnswer;
  ParameterKind: ParameterKind;
  ParameterSpec: ParameterSpec;
  PipelineAnswer: PipelineAnswer;
  PipelineConflict: PipelineConflict;
  PipelineCreate: PipelineCreate;
  PipelineDocument: PipelineDocument;
  PipelineDocumentInput: PipelineDocumentInput;
  PipelineQuestion: PipelineQuestion;
  PipelineRecord: PipelineRecord;
  PipelineRestore: PipelineRestore;
  PipelineSummary: PipelineSummary;
  PipelineUpdate: PipelineUpdate;
  PipelinesAnswer: PipelinesAnswer;
  PlanAnswer: PlanAnswer;
  PlannedNode: PlannedNode;
  PortFacts: PortFacts;
  Preview: Preview;
  Progress: Progress;
  Rehearsal: Rehearsal;
  RehearsalAnswer: RehearsalAnswer;
  RehearsedNode: RehearsedNode;
  Remark: Remark;
  RemarkChange: RemarkChange;
  RemarkFix: RemarkFix;
  Remedy: Remedy;
  ResumedNote: ResumedNote;
  RevisionSummary: RevisionSummary;
  RevisionsAnswer: RevisionsAnswer;
  RocCurve: RocCurve;
  Run: Run;
  RunAnswer: RunAnswer;
  RunChanged: RunChanged;
  RunEvent: RunEvent;
  RunFinished: RunFinished;
  RunQueued: RunQueued;
  RunStarted: RunStarted;
  RunStatus: RunStatus;
  RunSubmit: RunSubmit;
  RunSummary: RunSummary;
  RunsAnswer: RunsAnswer;
  Sample: Sample;
  SamplesAnswer: SamplesAnswer;
  ScalarValue: ScalarValue;
  ScoredCounts: ScoredCounts;
  ScoredPreview: ScoredPreview;
  ScoredRow: ScoredRow;
  SkippedFile: SkippedFile;
  StorageAnswer: StorageAnswer;
  StoredArtifact: StoredArtifact;
  StoredArtifactsAnswer: StoredArtifactsAnswer;
  StoredRun: StoredRun;
  StoredRunsAnswer: StoredRunsAnswer;
  TablePreview: TablePreview;
  Target: Target;
  TargetBusy: TargetBusy;
  TargetCreate: TargetCreate;
  TargetKind: TargetKind;
  TargetKindsAnswer: TargetKindsAnswer;
  TargetMachine: TargetMachine;
  TargetSurvey: TargetSurvey;
  TargetTest: TargetTest;
  TargetTestAnswer: TargetTestAnswer;
  TargetUpdate: TargetUpdate;
  TargetsAnswer: TargetsAnswer;
  TensorRecord: TensorRecord;
  TransformationPreview: TransformationPreview;
  TransformationSample: TransformationSample;
  TransformationStep: TransformationStep;
  UntrainedModelPreview: UntrainedModelPreview;
  UnwatchRequest: UnwatchRequest;
  Upload: Upload;
  UploadAnswer: UploadAnswer;
  UploadConflict: UploadConflict;
  Validation: Validation;
  WatchAnswer: WatchAnswer;
  WatchRequest: WatchRequest;
  WrongEnding: WrongEnding;
}
/**
 * Something on the canvas for people alone: a note, or a titled section around nodes. It changes no result.
 */
export interface Annotation {
  id: string;
  kind: 'note' | 'section';
  /**
   * The note, or the section's title.
   */
  text: string;
  /**
   * Canvas coordinates, in pixels.
   *
   * @minItems 2
   * @maxItems 2
   */
  position: [number, number];
  /**
   * Width and height, in pixels.
   *
   * @minItems 2
   * @maxItems 2
   */
  size: [number, number];
  color: 'grey' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple';
}
/**
 * Something on the canvas for people alone: a note, or a titled section around nodes. It changes no result.
 */
export interface AnnotationInput {
  id: string;
  kind: 'note' | 'section';
  /**
   * The note, or the section's title.
   */
  text?: string;
  /**
   * Canvas coordinates, in pixels.
   *
   * @minItems 2
   * @maxItems 2
   */
  position?: [number, number];
  /**
   * Width and height, in pixels.
   *
   * @minItems 2
   * @maxItems 2
   */
  size?: [number, number];
  color?: 'grey' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple';
}
/**
 * The transformation that travels with an image directory, step by step in words.
 */
export interface AppliedTransformation {
  mode: 'training' | 'inference';
  steps: string[];
}
/**
 * An output in the store.
 */
export interface ArtifactRef {
  type: string;
  digest: string;
  size: number;
  files: number;
}
/**
 * The part of a pipeline that was asked for, see RunSubmit.
 */
export interface AskedFor {
  until?: string[];
  only?: string[];
}
/**
 * Averaged figures of a model.
 */
export interface Averages {
  precision: number | null;
  recall: number | null;
  f1: number | null;
}
/**
 * How many bytes the home may take; null: no limit.
 */
export interface BudgetUpdate {
  bytes: number | null;
}
/**
 * A category and how many images it has; ``first`` is where its first one stands among all images.
 */
export interface CategoryCount {
  index: number;
  name: string;
  count: number;
  first: number | null;
}
/**
 * A part of a node's cache key that differs from the last time it ran.
 */
export interface ChangedField {
  field: string;
  before: ScalarValue;
  now: ScalarValue;
}
/**
 * The newest state that a node under way can go on from.
 */
export interface CheckpointNote {
  step: number;
  epoch: number | null;
  batch: number | null;
  time: number;
  size: number;
}
/**
 * Figures of one class.
 */
export interface ClassFigures {
  label: string;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  support: number;
  auc: number | null;
}
/**
 * What was removed, or in a dry run would be, in the order in which it goes.
 */
export interface CollectAnswer {
  freed: number;
  artifacts: StoredArtifact[];
  checkpoints: number;
  seconds_to_recompute: number;
}
/**
 * Something that a node made. ``size`` counts all of its files, ``size_alone`` those that no other shares.
 *
 * ``runs`` is how many runs need it; ``node`` is the label or id of the node that made it.
 */
export interface StoredArtifact {
  digest: string;
  type: string;
  size: number;
  size_alone: number;
  files: number;
  created: number;
  last_used: number;
  pinned: boolean;
  runs: number;
  node: string | null;
  module: string | null;
  seconds_to_recompute: number | null;
}
/**
 * Make room. ``down_to`` is how many bytes may stay: the budget unless told, and without one as few as can be.
 */
export interface CollectRequest {
  dry_run: boolean;
  down_to?: number;
}
/**
 * A cell of the confusion matrix, by label.
 */
export interface ConfusionCell {
  true: string;
  predicted: string;
}
/**
 * The images behind a cell of the confusion matrix (``preview?cell=TRUE,PREDICTED&model=N``).
 */
export interface ConfusionCellPreview {
  type: 'DataFrameDirectory';
  kind: 'evaluation';
  cell: ConfusionCell;
  total: number;
  rows: ScoredRow[];
  images_digest: string | null;
}
/**
 * One scored image.
 */
export interface ScoredRow {
  id: string;
  category: string | null;
  predicted: string;
  confidence: number;
  scores?: {
    [k: string]: number;
  };
}
/**
 * What happened to the files that were read.
 *
 * ``parts`` counts the images of merged train, val and test folders, ``other_files`` what is no image by ending.
 */
export interface ConversionReport {
  skipped: SkippedFile[];
  skipped_total: number;
  duplicates: number;
  contradictory_duplicates?: number;
  converted: number;
  wrong_endings?: WrongEnding[];
  wrong_endings_total?: number;
  wrapping_folder?: string | null;
  parts?: {
    [k: string]: number;
  };
  other_files?: {
    [k: string]: number;
  };
}
/**
 * A file that was left out, and why.
 */
export interface SkippedFile {
  path: string;
  reason: string;
}
/**
 * An image whose name says another format than the one it has.
 */
export interface WrongEnding {
  path: string;
  format: string;
}
/**
 * A registered data set: an archive kept by the server, or a folder under an allowed root.
 */
export interface Dataset {
  name: string;
  kind: 'archive' | 'folder';
  size: number;
  digest: string | null;
  created: number;
  description: string;
  summary: DatasetSummary;
}
/**
 * What is known of a data set without unpacking it.
 */
export interface DatasetSummary {
  images?: number;
  categories?: {
    [k: string]: number;
  };
}
/**
 * One data set.
 */
export interface DatasetAnswer {
  dataset: Dataset;
}
/**
 * Either ``filename`` and ``size`` (an upload in parts begins) or ``path`` (a folder or archive on the server).
 */
export interface DatasetCreate {
  name: string;
  description?: string;
  filename?: string;
  size?: number;
  path?: string;
}
/**
 * All registered data sets, by name.
 */
export interface DatasetsAnswer {
  datasets: Dataset[];
}
/**
 * A kind of folder that a wire can carry; ``hue`` is the angle (degrees) of its colour.
 */
export interface DirectoryTypeSpec {
  id: string;
  title: string;
  help: string;
  hue: number;
}
/**
 * The disk that the home lies on.
 */
export interface DiskSpace {
  total: number;
  free: number;
}
/**
 * What takes how many bytes of the home.
 */
export interface DiskUse {
  artifacts: number;
  checkpoints: number;
  attempts: number;
  datasets: number;
  uploads: number;
  cache: number;
  database: number;
  total: number;
}
/**
 * A document of an earlier revision.
 */
export interface DocumentAnswer {
  document: PipelineDocument;
}
/**
 * A whole pipeline document.
 */
export interface PipelineDocument {
  format: 'torchwire/pipeline';
  version: 1;
  name: string;
  description: string;
  default_compute_target: string;
  /**
   * @maxItems 20000
   */
  nodes: DocumentNode[];
  /**
   * @maxItems 100000
   */
  wires: DocumentWire[];
  /**
   * @maxItems 1000
   */
  annotations: Annotation[];
}
/**
 * One step: a module with its parameters and where it lies on the canvas.
 */
export interface DocumentNode {
  id: string;
  /**
   * The module's id.
   */
  module: string;
  /**
   * The module's version the node was made with.
   */
  version: number;
  label: string;
  comment: string;
  /**
   * Only those that differ from the default.
   */
  parameters: {
    [k: string]: boolean | number | string | null;
  };
  /**
   * None: the pipeline's default.
   */
  compute_target: string | null;
  resources: NodeResources;
  /**
   * Run even when an earlier output could be reused.
   */
  regenerate_output: boolean;
  /**
   * Canvas coordinates, in pixels.
   *
   * @minItems 2
   * @maxItems 2
   */
  position: [number, number];
}
/**
 * Run settings of a node that can use several processes.
 */
export interface NodeResources {
  /**
   * How many machines.
   */
  node_count: number;
  /**
   * How many processes on each machine.
   */
  process_count_per_node: number;
  /**
   * End the node when it runs for longer than this. None: never.
   */
  timeout_seconds: number | null;
}
/**
 * A connection from one node's output to another's input.
 */
export interface DocumentWire {
  /**
   * [node id, output port id]
   *
   * @minItems 2
   * @maxItems 2
   */
  from: [string, string];
  /**
   * [node id, input port id]
   *
   * @minItems 2
   * @maxItems 2
   */
  to: [string, string];
}
/**
 * One step: a module with its parameters and where it lies on the canvas.
 */
export interface DocumentNodeInput {
  id: string;
  /**
   * The module's id.
   */
  module: string;
  /**
   * The module's version the node was made with.
   */
  version?: number;
  label?: string;
  comment?: string;
  /**
   * Only those that differ from the default.
   */
  parameters?: {
    [k: string]: boolean | number | string | null;
  };
  /**
   * None: the pipeline's default.
   */
  compute_target?: string | null;
  resources?: NodeResourcesInput;
  /**
   * Run even when an earlier output could be reused.
   */
  regenerate_output?: boolean;
  /**
   * Canvas coordinates, in pixels.
   *
   * @minItems 2
   * @maxItems 2
   */
  position?: [number, number];
}
/**
 * Run settings of a node that can use several processes.
 */
export interface NodeResourcesInput {
  /**
   * How many machines.
   */
  node_count?: number;
  /**
   * How many processes on each machine.
   */
  process_count_per_node?: number;
  /**
   * End the node when it runs for longer than this. None: never.
   */
  timeout_seconds?: number | null;
}
/**
 * The body of every answer that isn't a success. ``faults`` comes with an invalid pipeline.
 */
export interface ErrorAnswer {
  error: ErrorRecord;
  faults?: ErrorRecord[];
}
/**
 * One error: what is wrong, where, and what to do next. ``report`` comes with nodes whose end needs explaining.
 */
export interface ErrorRecord {
  code: string;
  name: string;
  message: string;
  node?: string;
  port?: string;
  parameter?: string;
  hint?: string;
  report?: FailureReport;
}
/**
 * How a node failed, in words for people and with what was seen of it.
 *
 * ``lines`` are the last that it printed, each ``[time, stream, text]``; ``memory`` is its curve of ``[seconds since
 * its start, bytes]``, and ``memory_limit`` what it could have had at most. ``exit`` is how its process ended, when
 * that was not by itself: ``signal 9``, ``exit 3``.
 */
export interface FailureReport {
  cause: FailureCause;
  what: string;
  remedy: Remedy;
  lines: [number, string, string][];
  memory: [number, number][];
  memory_limit: number | null;
  exit: string | null;
  seconds: number | null;
}
/**
 * What to do about a failure. With ``node``, ``parameter`` and ``value`` it can be done with one click.
 */
export interface Remedy {
  text: string;
  node?: string;
  parameter?: string;
  value?: ScalarValue;
}
/**
 * One model's evaluation; ``confusion[true][predicted]``.
 */
export interface EvaluatedModel {
  name: string;
  labels: string[];
  confusion: number[][];
  accuracy: number;
  top5: number | null;
  micro: Averages;
  macro: Averages;
  per_class: ClassFigures[];
  roc: {
    [k: string]: RocCurve;
  };
  auc: MacroAuc;
  images_digest: string | null;
  total: number;
}
/**
 * A class's ROC curve, one against the rest.
 */
export interface RocCurve {
  fpr: number[];
  tpr: number[];
}
/**
 * The mean of the classes' areas under the curve.
 */
export interface MacroAuc {
  macro: number | null;
}
/**
 * One model's evaluation, or two side by side.
 */
export interface EvaluationPreview {
  type: 'DataFrameDirectory';
  kind: 'evaluation';
  models: EvaluatedModel[];
}
/**
 * What every event carries. ``seq`` counts from 1 without gaps within a run.
 */
export interface EventBase {
  run_id: string;
  seq: number;
  time: number;
}
/**
 * A page of a run's events; ``more`` says that there is another after the last one.
 */
export interface EventsAnswer {
  events: RunEvent[];
  more: boolean;
}
/**
 * The run was accepted.
 */
export interface RunQueued {
  run_id: string;
  seq: number;
  time: number;
  type: 'run.queued';
  name: string;
  message?: string;
}
/**
 * The run's first node is about to start.
 */
export interface RunStarted {
  run_id: string;
  seq: number;
  time: number;
  type: 'run.started';
}
/**
 * The run is over.
 */
export interface RunFinished {
  run_id: string;
  seq: number;
  time: number;
  type: 'run.finished';
  status: RunStatus;
  seconds: number | null;
  error?: ErrorRecord | null;
}
/**
 * Everything the node needs is there; it waits for a slot.
 */
export interface NodeQueued {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.queued';
}
/**
 * The node can't start yet; ``why`` says what it waits for.
 */
export interface NodeWaiting {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.waiting';
  why: string;
}
/**
 * An attempt at the node began; ``why`` says why an earlier result was not reused.
 */
export interface NodeStarted {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.started';
  attempt: number;
  target: string;
  pid?: number | null;
  why?: string | null;
}
/**
 * The attempt runs on these machines of its target. Not said of this computer.
 */
export interface NodePlaced {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.placed';
  machines: string[];
}
/**
 * The memory of the node's whole process tree, at most every two seconds.
 */
export interface NodeMemory {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.memory';
  memory_bytes: number;
}
/**
 * The state of the node is safe: what comes after can go on from here.
 */
export interface NodeCheckpoint {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.checkpoint';
  step: number;
  epoch: number | null;
  batch: number | null;
  size: number;
  digest: string;
}
/**
 * The node went on from where an earlier attempt, or a shorter run, had got to.
 */
export interface NodeResumed {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.resumed';
  source: 'checkpoint' | 'run';
  from_run: string;
  epoch: number;
  batch: number;
  message: string;
}
/**
 * How far the node is.
 */
export interface NodeProgress {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.progress';
  done: number;
  total: number;
  unit: string;
  message: string;
  seconds_left: number | null;
}
/**
 * Metric values at one step.
 */
export interface NodeMetric {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.metric';
  axis: MetricAxis;
  step: number;
  values: {
    [k: string]: number | null;
  };
}
/**
 * Log lines, each ``[time, stream, text]``.
 */
export interface NodeLog {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.log';
  lines: [number, string, string][];
}
/**
 * An output was committed to the store.
 */
export interface NodeOutput {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.output';
  port: string;
  output_type: string;
  digest: string;
  size: number;
  files: number;
}
/**
 * The node is done; its outputs came before. ``memory_peak`` is in bytes, of its whole process tree.
 */
export interface NodeFinished {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.finished';
  seconds: number;
  memory_peak?: number | null;
}
/**
 * The node failed.
 */
export interface NodeFailed {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.failed';
  error: ErrorRecord;
  seconds?: number | null;
}
/**
 * An earlier result was reused; its outputs came before.
 */
export interface NodeReused {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.reused';
  seconds_saved: number | null;
  from_run?: string | null;
}
/**
 * The node was cancelled.
 */
export interface NodeCancelled {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.cancelled';
  seconds?: number | null;
}
/**
 * The node can't run; ``because`` is the node that failed or was cancelled.
 */
export interface NodeSkipped {
  run_id: string;
  seq: number;
  time: number;
  node: string;
  type: 'node.skipped';
  because: string | null;
}
/**
 * An explanation of a prediction.
 */
export interface Explanation {
  explanation: ExplanationRecord;
}
/**
 * What a model looked at in an image.
 *
 * ``places`` is how many the network tells apart, down and across; ``nothing`` that none spoke for the category.
 */
export interface ExplanationRecord {
  image: string;
  category: string;
  probability: number;
  predicted: string;
  places: number[];
  layer: string;
  nothing: boolean;
}
/**
 * A model as a file for other programs.
 *
 * On ``images`` images, probabilities differ from the original's by ``largest_difference`` at most.
 */
export interface ExportedRecord {
  format: 'onnx' | 'torch.export';
  file: string;
  size: number;
  model_name: string;
  categories: string[];
  input: TensorRecord;
  output: TensorRecord;
  preprocessing: string[];
  images: number;
  largest_difference: number;
  tolerance: number;
}
/**
 * What goes into a network, or comes out; ``shape`` names sides that may have any length.
 */
export interface TensorRecord {
  name: string;
  shape: (number | string)[];
  type: string;
}
/**
 * Facts by node and output port, and all remarks, the worst first.
 */
export interface FactsAnswer {
  facts: {
    [k: string]: {
      [k: string]: PortFacts;
    };
  };
  remarks: Remark[];
}
/**
 * What is known of an output; what isn't known is left out.
 *
 * ``text`` says it in one line and ``rows`` as names and values; both may be empty. ``exact`` facts were read from
 * what is in the store, others are foreseen. ``fewest`` and ``most`` are categories with how many images they have.
 * ``image_size`` is [height, width] after all transformations.
 */
export interface PortFacts {
  exact: boolean;
  text: string;
  rows: [string, string][];
  images?: number;
  labelled?: boolean;
  categories?: number;
  /**
   * @minItems 2
   * @maxItems 2
   */
  fewest?: [string, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  most?: [string, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  image_size?: [number, number];
  model_name?: string;
  parameters?: number;
  memory_bytes?: number;
  rows_of_table?: number;
}
/**
 * Something to know before running, at a port or a parameter of a node.
 *
 * An ``error`` will make the node fail, a ``warning`` probably isn't meant, a ``note`` is worth knowing.
 */
export interface Remark {
  node: string;
  code: string;
  severity: 'error' | 'warning' | 'note';
  text: string;
  port?: string;
  parameter?: string;
  fix?: RemarkFix;
}
/**
 * What can be done about a remark with one click: all changes together. ``text`` is an order.
 */
export interface RemarkFix {
  text: string;
  changes: RemarkChange[];
}
/**
 * A parameter of a node and the value to give it.
 */
export interface RemarkChange {
  node: string;
  parameter: string;
  value: boolean | number | string;
}
/**
 * A document, finished or not. What is wrong with it is no obstacle, as long as it can be read.
 */
export interface FactsQuestion {
  pipeline: PipelineDocumentInput;
}
/**
 * A whole pipeline document.
 */
export interface PipelineDocumentInput {
  format?: 'torchwire/pipeline';
  version?: 1;
  name?: string;
  description?: string;
  default_compute_target?: string;
  /**
   * @maxItems 20000
   */
  nodes?: DocumentNodeInput[];
  /**
   * @maxItems 100000
   */
  wires?: DocumentWire[];
  /**
   * @maxItems 1000
   */
  annotations?: AnnotationInput[];
}
/**
 * A file of a folder.
 */
export interface FileRecord {
  path: string;
  size: number;
}
/**
 * The files of a folder. ``here`` says that they are kept with the run, so each can be downloaded.
 */
export interface FilesPreview {
  type: 'AnyDirectory';
  files: FileRecord[];
  total: number;
  here: boolean;
  exported: ExportedRecord | null;
}
/**
 * Whether the server and its worker processes are up.
 */
export interface Health {
  status: 'ok';
  version: string;
  workers: 'starting' | 'ready';
}
/**
 * A page of an image directory.
 */
export interface ImageDirectoryPreview {
  type: 'ImageDirectory';
  labelled: boolean;
  total: number;
  categories: CategoryCount[];
  transformation: AppliedTransformation | null;
  report: ConversionReport | null;
  images: ImageRecord[];
  digest: string;
}
/**
 * One image; fetch it from ``artifacts/{digest}/images/{id}``.
 */
export interface ImageRecord {
  id: string;
  path: string;
  category: string | null;
  width: number;
  height: number;
}
/**
 * An input of a module: it takes one wire that carries any of ``types``.
 */
export interface InputPortSpec {
  id: string;
  label: string;
  help: string;
  types: string[];
  optional: boolean;
}
/**
 * Log lines of a node, each ``[seq, time, stream, text]``, ``seq`` being that of the event that brought it.
 */
export interface LogsAnswer {
  lines: [number, number, string, string][];
  more: boolean;
}
/**
 * Metric values at one step of an axis.
 */
export interface MetricPoint {
  axis: MetricAxis;
  step: number;
  values: {
    [k: string]: number | null;
  };
}
/**
 * A trained model and how it came about.
 */
export interface ModelPreview {
  type: 'ModelDirectory';
  architecture: {
    [k: string]: unknown;
  };
  categories: string[];
  image_size: number[] | null;
  history: {
    [k: string]: number | null;
  }[];
  best_epoch: number | null;
  parameter_count: number | null;
  summary: {
    [k: string]: unknown;
  };
  card: string;
}
/**
 * A module's declaration.
 */
export interface ModuleSpec {
  id: string;
  title: string;
  category: string;
  version: number;
  help: string;
  distributed: boolean;
  inputs: InputPortSpec[];
  outputs: OutputPortSpec[];
  parameters: ParameterSpec[];
}
/**
 * An output of a module.
 */
export interface OutputPortSpec {
  id: string;
  label: string;
  help: string;
  type: string;
}
/**
 * A parameter of a module; ``shown_when`` maps other parameters to the value or values at which it applies.
 */
export interface ParameterSpec {
  id: string;
  label: string;
  kind: ParameterKind;
  help: string;
  required: boolean;
  default: ScalarValue;
  minimum: number | null;
  exclusive_minimum: boolean;
  maximum: number | null;
  options: string[];
  shown_when: {
    [k: string]: ScalarValue | ScalarValue[];
  };
  group: string;
  unit: string;
}
/**
 * The module library.
 */
export interface ModulesAnswer {
  modules: ModuleSpec[];
  types: DirectoryTypeSpec[];
  categories: string[];
}
/**
 * What every event about a node carries.
 */
export interface NodeEventBase {
  run_id: string;
  seq: number;
  time: number;
  node: string;
}
/**
 * Where a node of a run stands. ``cancel_requested``: somebody asked for this node alone to be stopped.
 *
 * ``waiting`` says in words what a queued node waits for; ``machines`` are those of its target that it runs on, none
 * on this computer. ``memory`` is a thinned curve of ``[seconds since its start, bytes]``, of its whole process tree.
 */
export interface NodeRun {
  status: NodeStatus;
  cancel_requested?: boolean;
  reused: boolean;
  seconds: number | null;
  seconds_saved: number | null;
  attempt: number | null;
  target: string | null;
  machines?: string[];
  started: number | null;
  finished: number | null;
  progress: Progress | null;
  summary?: {
    [k: string]: number | null;
  } | null;
  metrics: MetricPoint[];
  outputs: {
    [k: string]: ArtifactRef;
  };
  error: ErrorRecord | null;
  skipped_because: string | null;
  why: string | null;
  waiting: string | null;
  checkpoint: CheckpointNote | null;
  resumed: ResumedNote | null;
  memory: [number, number][];
  memory_peak: number | null;
}
/**
 * How far a node is.
 */
export interface Progress {
  done: number;
  total: number;
  unit: string;
  message: string;
  seconds_left: number | null;
}
/**
 * Where a node went on from: an interrupted attempt at the same work, or a shorter run of it.
 */
export interface ResumedNote {
  source: 'checkpoint' | 'run';
  run_id: string;
  epoch: number;
  batch: number;
  message: string;
}
/**
 * An output of a node of a run.
 */
export interface Output {
  port: string;
  label: string;
  type: string;
  digest: string;
  size: number;
  files: number;
}
/**
 * What a node of a run has made.
 */
export interface OutputsAnswer {
  outputs: Output[];
}
/**
 * One draft.
 */
export interface PipelineAnswer {
  pipeline: PipelineRecord;
}
/**
 * A draft with its document.
 */
export interface PipelineRecord {
  id: string;
  name: string;
  revision: number;
  created: number;
  updated: number;
  node_count: number;
  document: PipelineDocument;
}
/**
 * A save was based on an old revision, or would have emptied the draft; ``pipeline`` is what stays.
 */
export interface PipelineConflict {
  error: ErrorRecord;
  pipeline: PipelineRecord;
}
/**
 * A new draft.
 */
export interface PipelineCreate {
  document: PipelineDocumentInput;
}
/**
 * A document to look at without running it. It may be anything: what is wrong comes back as faults.
 *
 * ``until`` and ``only`` are as in RunSubmit.
 */
export interface PipelineQuestion {
  pipeline: PipelineDocumentInput;
  until?: string[];
  only?: string[];
}
/**
 * The revision whose document becomes the newest again.
 */
export interface PipelineRestore {
  revision: number;
}
/**
 * A draft in a list.
 */
export interface PipelineSummary {
  id: string;
  name: string;
  revision: number;
  created: number;
  updated: number;
  node_count: number;
}
/**
 * A change of a draft; ``revision`` is the one it was based on.
 *
 * ``emptied`` says that a person has removed every node; without it, an empty document never replaces a full one.
 * ``step`` says what was done, for the journal.
 */
export interface PipelineUpdate {
  document: PipelineDocumentInput;
  revision: number;
  emptied?: boolean;
  step?: string;
}
/**
 * All drafts, the one changed last first.
 */
export interface PipelinesAnswer {
  pipelines: PipelineSummary[];
}
/**
 * What Submit would do, by node, and the ``faults`` for which it would be refused.
 *
 * With faults, ``nodes`` has those that could run and ``seconds_expected`` is null.
 */
export interface PlanAnswer {
  nodes: {
    [k: string]: PlannedNode;
  };
  seconds_saved: number;
  seconds_expected: number | null;
  faults: ErrorRecord[];
}
/**
 * What Submit would do with a node, and why.
 *
 * ``continue`` means that it runs from a checkpoint or from a shorter run. ``seconds_expected`` is what it took the
 * last time it ran.
 */
export interface PlannedNode {
  action: 'reuse' | 'run' | 'continue';
  why: string | null;
  seconds_saved: number | null;
  seconds_expected: number | null;
  changed: ChangedField[];
}
/**
 * The steps of a transformation and what they do to a sample.
 */
export interface TransformationPreview {
  type: 'TransformationDirectory';
  steps: TransformationStep[];
  samples: TransformationSample[];
}
/**
 * One step; ``random`` steps are left out for inference.
 */
export interface TransformationStep {
  name: string;
  text: string;
  random: boolean;
}
/**
 * An image before and after, as data URLs.
 */
export interface TransformationSample {
  original: string;
  augmented: string[];
}
/**
 * An architecture; ``parameter_count`` is for 1,000 classes.
 */
export interface UntrainedModelPreview {
  type: 'UntrainedModelDirectory';
  model_name: string;
  family: string;
  options: {
    [k: string]: unknown;
  };
  pretrained: boolean;
  parameter_count: number | null;
}
/**
 * A page of scored images.
 */
export interface ScoredPreview {
  type: 'DataFrameDirectory';
  kind: 'scored';
  columns: string[];
  total: number;
  rows: ScoredRow[];
  counts: ScoredCounts;
  images_digest: string | null;
  labels: string[];
  accuracy?: number | null;
}
/**
 * How many images fit the filters, and how many of those were predicted rightly.
 */
export interface ScoredCounts {
  all: number;
  right: number;
  wrong: number;
}
/**
 * A page of any other table.
 */
export interface TablePreview {
  type: 'DataFrameDirectory';
  kind: 'table';
  columns: string[];
  total: number;
  rows: {
    [k: string]: unknown;
  }[];
}
/**
 * A rehearsal; ``waiting`` is how many nodes are not done. ``seconds`` is for the whole pipeline, once all are.
 */
export interface Rehearsal {
  id: string;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  target: string;
  nodes: {
    [k: string]: RehearsedNode;
  };
  waiting: number;
  seconds: number | null;
  memory_bytes: number | null;
  error: string | null;
}
/**
 * How long a node would take and what memory, by a few steps of it; or ``why`` that can't be told, and by which
 * input (``port``). ``elsewhere`` names the cluster that it will run on: what was found is of this computer.
 */
export interface RehearsedNode {
  elsewhere?: string;
  seconds?: number;
  seconds_per_epoch?: number;
  memory_bytes?: number;
  why?: string;
  port?: string;
}
/**
 * One rehearsal.
 */
export interface RehearsalAnswer {
  rehearsal: Rehearsal;
}
/**
 * One entry of a draft's journal; ``step`` is empty where nobody said what was done.
 */
export interface RevisionSummary {
  revision: number;
  time: number;
  step: string;
  node_count: number;
}
/**
 * A draft's journal, newest first; ``next`` is the cursor of older ones, where there are any.
 */
export interface RevisionsAnswer {
  revisions: RevisionSummary[];
  next: number | null;
}
/**
 * A run with its nodes: a snapshot that includes all events up to ``seq``.
 */
export interface Run {
  id: string;
  name: string;
  pipeline_id: string | null;
  status: RunStatus;
  created: number;
  started: number | null;
  finished: number | null;
  seconds: number | null;
  error: ErrorRecord | null;
  cancel_requested: boolean;
  pinned: boolean;
  asked_for: AskedFor | null;
  seq: number;
  document: PipelineDocument;
  nodes: {
    [k: string]: NodeRun;
  };
}
/**
 * One run.
 */
export interface RunAnswer {
  run: Run;
}
/**
 * The socket's ``changed``, sent to every client, for lists of runs.
 */
export interface RunChanged {
  run_id: string;
  status: RunStatus;
}
/**
 * What to run: a document, or a saved draft; with both, the document runs and the run belongs to the draft.
 *
 * ``until`` names nodes: those and all they need are run, and nothing else. ``only`` names nodes that are run by
 * themselves, from what those before them have made already.
 */
export interface RunSubmit {
  pipeline?: PipelineDocumentInput;
  pipeline_id?: string | null;
  until?: string[];
  only?: string[];
}
/**
 * A run in a list. ``node_counts`` holds the number of nodes by state, and ``total``.
 */
export interface RunSummary {
  id: string;
  name: string;
  pipeline_id: string | null;
  status: RunStatus;
  created: number;
  started: number | null;
  finished: number | null;
  seconds: number | null;
  error: ErrorRecord | null;
  cancel_requested: boolean;
  pinned: boolean;
  asked_for: AskedFor | null;
  node_counts: {
    [k: string]: number;
  };
  summary?: {
    [k: string]: number | null;
  };
}
/**
 * Runs, newest first; give ``next`` as ``before`` for the page after this one.
 */
export interface RunsAnswer {
  runs: RunSummary[];
  next: string | null;
}
/**
 * A pipeline that ships with Torchwire.
 */
export interface Sample {
  id: string;
  name: string;
  description: string;
  node_count: number;
  document: PipelineDocument;
}
/**
 * All samples.
 */
export interface SamplesAnswer {
  samples: Sample[];
}
/**
 * The room that there is and that is used. ``collectable`` is what nobody needs; ``budget`` null: no limit.
 */
export interface StorageAnswer {
  disk: DiskSpace;
  budget: number | null;
  used: DiskUse;
  collectable: number;
}
/**
 * Artifacts; give ``next`` as ``before`` for the page after this one.
 */
export interface StoredArtifactsAnswer {
  artifacts: StoredArtifact[];
  next: string | null;
}
/**
 * A run and its room: all that it made or reused, and what deleting it would free.
 *
 * ``seconds_to_recompute`` is how long it takes to make that again, null where nothing is known.
 */
export interface StoredRun {
  id: string;
  name: string;
  status: RunStatus;
  created: number;
  pinned: boolean;
  size: number;
  size_alone: number;
  seconds_to_recompute: number | null;
}
/**
 * Runs, newest first; give ``next`` as ``before`` for the page after this one.
 */
export interface StoredRunsAnswer {
  runs: StoredRun[];
  next: string | null;
}
/**
 * A compute target. ``memory_bytes`` is what nodes may take, ``waiting`` how many nodes wait for it.
 *
 * ``why`` says what makes an unavailable one unavailable. What follows it is there for targets beyond this computer:
 * ``machines`` and ``versions`` as they were when they were last looked at (``surveyed``, in ISO 8601), and how it is
 * set up. ``reached`` says whether it answered when it was last looked at; null is not looked at yet. Only one whose
 * ``origin`` is the page can be changed there; what may be secret in ``options`` is hidden.
 */
export interface Target {
  id: string;
  title: string;
  kind: string;
  cores: number;
  memory_bytes: number | null;
  gpu?: string;
  busy: TargetBusy;
  waiting: number;
  available: boolean;
  why?: string | null;
  remote?: boolean;
  machines?: TargetMachine[];
  versions?: {
    [k: string]: string;
  };
  surveyed?: string | null;
  origin?: 'file' | 'page';
  options?: {
    [k: string]: unknown;
  };
  has_token?: boolean;
  reached?: boolean | null;
}
/**
 * What is taken of a compute target now; ``memory_bytes`` is kept for its nodes, whether they use it or not.
 */
export interface TargetBusy {
  nodes: number;
  cores: number;
  memory_bytes: number;
}
/**
 * One machine of a target. ``free_*`` is what nobody has taken at the moment, here or elsewhere.
 */
export interface TargetMachine {
  name: string;
  alive: boolean;
  cores: number;
  memory_bytes: number;
  gpus: number;
  gpu: string | null;
  free_cores: number;
  free_memory_bytes: number;
  free_gpus: number;
}
/**
 * A new target. The token is kept in a file that only the server's user can read, and never sent back.
 */
export interface TargetCreate {
  id: string;
  kind: string;
  title: string;
  options: {
    [k: string]: unknown;
  };
  token?: string | null;
}
/**
 * A kind of target that may be added. ``schema`` is the JSON schema of its options.
 *
 * ``install`` is the command that installs what it needs, where that is not there.
 */
export interface TargetKind {
  kind: string;
  title: string;
  installed: boolean;
  install: string | null;
  schema: {
    [k: string]: unknown;
  };
}
/**
 * All kinds.
 */
export interface TargetKindsAnswer {
  kinds: TargetKind[];
}
/**
 * What a target has.
 */
export interface TargetSurvey {
  machines: TargetMachine[];
  versions: {
    [k: string]: string;
  };
}
/**
 * A target to look at without adding it. Without ``token``, the one of the target ``id`` is used.
 */
export interface TargetTest {
  kind: string;
  options: {
    [k: string]: unknown;
  };
  token?: string | null;
  id?: string | null;
}
/**
 * What was seen; ``mismatch`` says how its versions differ from those of this computer.
 */
export interface TargetTestAnswer {
  survey: TargetSurvey;
  mismatch: string | null;
}
/**
 * A target as it is to be from now on. ``token`` replaces the one it has, null removes that, absent keeps it.
 *
 * A hidden value among the options that is sent back as it was shown stays as it is.
 */
export interface TargetUpdate {
  title: string;
  options: {
    [k: string]: unknown;
  };
  token?: string | null;
}
/**
 * All compute targets.
 */
export interface TargetsAnswer {
  targets: Target[];
}
/**
 * The socket's ``unwatch``.
 */
export interface UnwatchRequest {
  run_id: string;
}
/**
 * An upload under way: send the bytes from ``received`` on, at most ``part_size`` at a time.
 */
export interface Upload {
  id: string;
  name: string;
  filename: string;
  size: number;
  received: number;
  part_size: number;
}
/**
 * One upload.
 */
export interface UploadAnswer {
  upload: Upload;
}
/**
 * A part did not begin where the last one ended; ``received`` says where to go on.
 */
export interface UploadConflict {
  error: ErrorRecord;
  received: number;
}
/**
 * All faults of a document at once.
 */
export interface Validation {
  valid: boolean;
  faults: ErrorRecord[];
}
/**
 * The acknowledgement of ``watch``: the snapshot, and the events after the asked number (at most 5,000).
 *
 * With ``more`` the rest has to be fetched by ``GET runs/{id}/events`` or a new ``watch``.
 */
export interface WatchAnswer {
  run: Run;
  events: RunEvent[];
  more?: boolean;
}
/**
 * The socket's ``watch``: the run, and the number of the last event that the client has (null: none).
 */
export interface WatchRequest {
  run_id: string;
  after?: number | null;
}
