"""A copy of the program laid out as an installation, in a folder any user may enter: a checkout may be closed to others."""
import os
import shutil


def installed(gauntlet, scenarios, base):
    """Copies GAUNTLET and the SCENARIOS folder below BASE; returns the path of the copy."""
    os.chmod(base, 0o755)
    binary = os.path.join(base, "bin", "gauntlet")
    os.makedirs(os.path.dirname(binary))
    shutil.copy(gauntlet, binary)
    shutil.copytree(scenarios, os.path.join(base, "share", "gauntlet", "scenarios"), ignore=shutil.ignore_patterns("__pycache__"))
    return binary
