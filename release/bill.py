"""Write the bill of materials: CycloneDX 1.6 in JSON, of what the lock file pins."""

import datetime as dt
import uuid
from typing import Any

from release.licences import find_licence
from release.lock import Locked, find_installed

_NAME = "shareable-linear-backlog"


def build_bill(locked: tuple[Locked, ...], version: str, made_at: int) -> dict[str, Any]:
    """Return the bill of `version`; `made_at` are seconds since 1970. The same arguments give the same bill."""
    installed = find_installed(locked)
    reference = name_package(_NAME, version)
    references = {one.name: name_package(one.name, one.version) for one in locked}
    direct = {one.name for one in locked if any(_NAME in asker for asker in one.wanted_by)}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join((reference, *references.values())))}",
        "version": 1,
        "metadata": {
            "timestamp": dt.datetime.fromtimestamp(made_at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": reference, "name": _NAME, "version": version,
                "purl": reference, "licenses": [{"license": {"id": "MIT"}}],
            },
        },
        "components": [describe_package(one, is_installed=one.name in installed) for one in locked],
        "dependencies": [
            {"ref": reference, "dependsOn": sorted(references[name] for name in direct)},
            *(
                {"ref": references[one.name], "dependsOn": list_needs(one.name, locked, references)}
                for one in locked
            ),
        ],
    }  # fmt: skip


def describe_package(one: Locked, *, is_installed: bool) -> dict[str, Any]:
    """Return a component; `hashes` are of all files of that version that the lock file accepts."""
    reference = name_package(one.name, one.version)
    return {
        "type": "library", "bom-ref": reference, "name": one.name, "version": one.version, "purl": reference,
        "scope": "excluded" if not is_installed else "optional" if one.marker else "required",
        "licenses": [{"expression": find_licence(one.name)}],
        "hashes": [{"alg": "SHA-256", "content": content} for content in one.hashes],
        **({"properties": [{"name": "installed-where", "value": one.marker}]} if one.marker else {}),
    }  # fmt: skip


def list_needs(name: str, locked: tuple[Locked, ...], references: dict[str, str]) -> list[str]:
    """Return what a package needs of the others, by their references."""
    return sorted(references[other.name] for other in locked if name in other.wanted_by)


def name_package(name: str, version: str) -> str:
    """Return the address of a package of PyPI (purl)."""
    return f"pkg:pypi/{name}@{version}"
