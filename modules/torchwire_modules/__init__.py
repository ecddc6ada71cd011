"""The modules that come with Torchwire. They use only ``torchwire.module_api`` and ``torchwire.data_types``."""
