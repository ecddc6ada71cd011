import { nodeTitle, type ModuleMap } from '../modules/catalog';
import { matchScore } from '../modules/search';
import type { DocumentContent, DocumentNode } from './types';

export interface FoundNode {
  readonly id: string;
  readonly module: string;
  readonly title: string;
  /** What matched, when it wasn't the name. */
  readonly where?: string;
}

/** The nodes that answer a search by name, module, comment, target or parameter, best first. */
export function findNodes(
  order: DocumentContent['order'],
  nodes: DocumentContent['nodes'],
  modules: ModuleMap,
  query: string,
): FoundNode[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [];
  return order
    .flatMap((id) => {
      const node = nodes[id];
      return node ? [{ node, title: nodeTitle(node, modules), ...scoreOf(node, modules, wanted) }] : [];
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ node, title, where }) => ({
      id: node.id,
      module: node.module,
      title,
      ...(where !== undefined && { where }),
    }));
}

function scoreOf(node: DocumentNode, modules: ModuleMap, wanted: string): { score: number; where?: string } {
  const title = matchScore(nodeTitle(node, modules), wanted);
  if (title > 0) return { score: title + 4 };
  const moduleTitle = modules.get(node.module)?.title ?? node.module;
  if (matchScore(moduleTitle, wanted) > 0) return { score: 4, where: moduleTitle };
  if (node.id.toLowerCase().includes(wanted)) return { score: 3, where: node.id };
  if (node.comment.toLowerCase().includes(wanted)) return { score: 2, where: node.comment };
  for (const [id, value] of Object.entries(node.parameters)) {
    const label = modules.get(node.module)?.parameters.find((parameter) => parameter.id === id)?.label ?? id;
    const text = `${label}: ${String(value)}`;
    if (text.toLowerCase().includes(wanted)) return { score: 1, where: text };
  }
  return { score: 0 };
}
