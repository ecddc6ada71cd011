"""What a compute target has to keep to, as tests: subclass ``target_contract.TargetContract`` and run pytest.

Needs pytest, which Torchwire itself does not; nothing else of Torchwire imports this package.
"""
