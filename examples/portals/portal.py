#!/usr/bin/env python3
"""A portal in 60 lines: sends a directory as a job, waits for its end, fetches the results.
python3 portal.py http://localhost:5000 SERVICE DIRECTORY results.zip"""
import json, os, pathlib, shutil, sys, time, urllib.error, urllib.request, uuid, zipfile

NO_RESULT = {"Failed", "Invalid", "Killed", "Cleaned", "Unknown"}
LATER = {502, 503, 504, 507}  # busy, full, or being restarted

def form(boundary, fields, files):
    """The pieces of the form: text as bytes, files as paths, which are read only when they are sent."""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name='
    for name, value in fields.items():
        yield f'{head}"{name}"\r\n\r\n{value}\r\n'.encode()
    for path in files:
        name = path.name.replace("\\", "\\\\").replace('"', '\\"')
        yield f'{head}"file"; filename="{name}"\r\n\r\n'.encode()
        yield path
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()

def send(pieces):
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            with piece.open("rb") as file:
                yield from iter(lambda: file.read(65536), b"")

def ask(make_request, patience=300):
    """The answer. A server that is away or busy is asked again for five minutes: an update takes seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return urllib.request.urlopen(make_request(), timeout=120)
        except OSError as error:  # HTTPError is one, too
            if getattr(error, "code", 503) not in LATER or time.monotonic() > deadline:
                sys.exit(f"{error}: {error.read().decode() if hasattr(error, 'read') else 'no answer'}")
        time.sleep(2)

def submit(server, service, user, directory):
    files = [path for path in sorted(pathlib.Path(directory).iterdir()) if path.is_file()]
    boundary = uuid.uuid4().hex
    pieces = list(form(boundary, {"user_id": user, "service": service}, files))
    size = sum(len(piece) if isinstance(piece, bytes) else piece.stat().st_size for piece in pieces)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(size),
               "Idempotency-Key": str(uuid.uuid4())}  # a repeat after a lost answer makes no second job
    return json.load(ask(lambda: urllib.request.Request(f"{server}/upload", send(pieces), headers)))["id"]

def fetch(server, job, target):
    """Waits for the end and saves the results; returns the last state. One request a minute, answered at the end."""
    while True:
        with ask(lambda: f"{server}/download/{job}?wait=60") as answer:
            if answer.headers.get_content_type() != "application/zip":
                state = json.load(answer)
                if state["status"] in NO_RESULT:
                    return state
                continue
            with open(f"{target}.part", "wb") as file:
                shutil.copyfileobj(answer, file)
        if bad := zipfile.ZipFile(f"{target}.part").testzip():  # raises, too, where the end was cut off
            sys.exit(f"the results are damaged: {bad}")
        os.replace(f"{target}.part", target)
        return {"status": "Completed", "message": target}

if __name__ == "__main__":
    server, service, directory, target = sys.argv[1:]
    job = submit(server, service, 1, directory)
    print(f"job {job}", flush=True)
    end = fetch(server, job, target)
    print(end["status"], end["message"])
    sys.exit(end["status"] != "Completed")
