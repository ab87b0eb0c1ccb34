"""Files: uploaded and echoed back by their digest, listed, shown by a signed address, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer, no_content
from wiretape.addons.standin.counter import iso_time, tag, unix_time
from wiretape.addons.standin.failures import failure
from wiretape.addons.standin.tokens import digest

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json
    from wiretape.addons.standin.received import Part

_SIGNED_S = 3600


def _keep(call: Call) -> list[Json]:
    files = [part for part in call.request.parts if part.filename is not None]
    kept = [_kept(call, part, f"{tag('file', call.n)}_{index}") for index, part in enumerate(files, 1)]
    for file in kept:
        call.memory.files[file["id"]] = file
    return kept


def _kept(call: Call, part: Part, file_id: str) -> Json:
    return {
        "id": file_id,
        "original_filename": part.filename,
        "file_size": part.size,
        "mime_type": part.content_type or "application/octet-stream",
        "storage_path": f"{call.organization}/{file_id}",
        "organization_id": call.organization,
        "uploaded_by": "usr_1",
        "uploaded_by_api_key_id": None,
        "uploaded_at": iso_time(call.n),
        "sha256": part.sha256,
    }


def upload(call: Call) -> Answer:
    """Take files of any size; name, size and digest tell the client what arrived."""
    kept = _keep(call)
    if not kept:
        return failure(call, 422, message="Field required", dialect="detail", field="files")
    told = {"success": True, "message": f"Uploaded {len(kept)} files", "files": kept, "total_uploaded": len(kept)}
    return json_answer({**told, "total_failed": 0})


def upload_older(call: Call) -> Answer:
    """The upload of the older clients: one file and a purpose, answered in camelCase."""
    kept = _keep(call)
    if not kept:
        return failure(call, 422, message="Field required", dialect="detail", field="file")
    file = kept[0]
    purpose = next((part.start.decode("utf-8", "replace") for part in call.request.parts if part.name == "purpose"), "")
    told = {"id": file["id"], "name": file["original_filename"], "organizationId": call.organization}
    told |= {"size": file["file_size"], "mimeType": file["mime_type"], "purpose": purpose, "status": "uploaded"}
    return json_answer({**told, "createdAt": unix_time(call.n), "createdBy": "usr_1", "sha256": file["sha256"]}, 201)


def listing(call: Call) -> Answer:
    """The files."""
    files = list(call.memory.files.values())
    return json_answer(
        {"files": files, "total": len(files), "page": 1, "limit": 50, "has_more": False, "as_of": iso_time(call.n)}
    )


def show(call: Call) -> Answer:
    """One file."""
    file = call.memory.files.get(call.params["file"])
    if file is None:
        return failure(call, 404, code="FILE_NOT_FOUND", message="File not found.")
    return json_answer({**file, "as_of": iso_time(call.n)})


def delete(call: Call) -> Answer:
    """One file less."""
    call.memory.files.pop(call.params["file"], None)
    return no_content()


def content(call: Call) -> Answer:
    """The signed address, absolute and good for an hour, from which the file can be had without a key."""
    file_id = call.params["file"]
    file = call.memory.files.get(file_id, {})
    signed = f"token={digest('download', call.n)}&expires={int(call.now) + _SIGNED_S}"
    path = f"/v1/organizations/{call.organization}/files/{file_id}/download"
    told = {
        "file_id": file_id,
        "filename": file.get("original_filename", "file.bin"),
        "mime_type": file.get("mime_type", "application/octet-stream"),
        "file_size": file.get("file_size", 0),
        "download_url": f"{call.origin}{path}?{signed}",
    }
    return json_answer(told)
