# mcp_stateless.py - HTTP as 2026-07-28 has it in front of one `ratchet mcp`: each POST is a message
# on its own, handed on as it is; its answers come back as the body. Prints its port. The status and
# the header checks are those that the standard asks of HTTP; the rest is the server's.
import json, os, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

server = subprocess.Popen([os.environ["RATCHET"], "mcp", "cartpole", "--policy", os.environ["START"]],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
lock, waiting, number = threading.Lock(), {}, [0]
STATUS = {-32700: 400, -32600: 400, -32602: 400, -32022: 400, -32601: 404}


def read():
    for line in server.stdout:
        message = json.loads(line)
        where = waiting.get(message.get("id"))
        if where:
            where[1].append(message)
            where[0].set()


threading.Thread(target=read, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, message):
        data = json.dumps(message).encode() if message else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer(405, None)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if "id" not in message:
            self.answer(202, None)
            return
        asked = message["id"]
        with lock:
            number[0] += 1
            mine = number[0]
            waiting[mine] = (threading.Event(), [])
            server.stdin.write(json.dumps({**message, "id": mine}).encode() + b"\n")
            server.stdin.flush()
        waiting[mine][0].wait(30)
        message = (waiting.pop(mine)[1] or [{"jsonrpc": "2.0", "error": {"code": -32603, "message": "none"}}])[0]
        self.answer(STATUS.get(message.get("error", {}).get("code"), 200), {**message, "id": asked})


http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(http.server_address[1], flush=True)
http.serve_forever()
