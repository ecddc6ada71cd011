"""All that the author of a module imports.

from torchwire.module_api import Module, module, choice, flag, output, UNTRAINED_MODEL_DIRECTORY
"""

from torchwire.data_types.catalog import (
    ANY_DIRECTORY,
    DATA_FRAME_DIRECTORY,
    IMAGE_DIRECTORY,
    MODEL_DIRECTORY,
    TRANSFORMATION_DIRECTORY,
    UNTRAINED_MODEL_DIRECTORY,
    DirectoryType,
)
from torchwire.data_types.facts import UNKNOWN, Facts, ModelFacts, TrainingFacts
from torchwire.module_api.context import Checkpoint, Context
from torchwire.module_api.foresight import Change, Estimate, Fix, Known, Remark
from torchwire.module_api.module import Module, ModuleSpec, Outputs, module
from torchwire.module_api.parameters import (
    REQUIRED,
    Parameter,
    choice,
    dataset_path,
    flag,
    integer,
    number,
    text,
)
from torchwire.module_api.ports import InputPort, OutputPort, input, output

__all__ = [
    "ANY_DIRECTORY",
    "DATA_FRAME_DIRECTORY",
    "IMAGE_DIRECTORY",
    "MODEL_DIRECTORY",
    "REQUIRED",
    "TRANSFORMATION_DIRECTORY",
    "UNKNOWN",
    "UNTRAINED_MODEL_DIRECTORY",
    "Change",
    "Checkpoint",
    "Context",
    "DirectoryType",
    "Estimate",
    "Facts",
    "Fix",
    "InputPort",
    "Known",
    "ModelFacts",
    "Module",
    "ModuleSpec",
    "OutputPort",
    "Outputs",
    "Parameter",
    "Remark",
    "TrainingFacts",
    "choice",
    "dataset_path",
    "flag",
    "input",
    "integer",
    "module",
    "number",
    "output",
    "text",
]
