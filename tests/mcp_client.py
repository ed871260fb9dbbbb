# mcp_client.py - a small MCP client for tests: starts `ratchet mcp ...`, speaks, and checks.
import json, os, subprocess, sys, threading

MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {}}


class Client:
    def __init__(self, *args, modern=False, handshake=True, version="2025-11-25"):
        self.process = subprocess.Popen([os.environ["RATCHET"], "mcp", *args],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.errors = []
        threading.Thread(target=lambda: self.errors.append(self.process.stderr.read()),
                         daemon=True).start()
        self.number, self.notes, self.modern, self.schemas = 0, [], modern, {}
        if handshake and not modern:
            self.hello = self.request("initialize", {
                "protocolVersion": version, "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"}})["result"]
            self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        if handshake:
            self.schemas = {t["name"]: t for t in self.request("tools/list")["result"]["tools"]}

    def raw(self, line):
        self.process.stdin.write(line if isinstance(line, bytes) else line.encode())
        self.process.stdin.flush()

    def send(self, message):
        self.raw(json.dumps(message) + "\n")

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise EOFError("the server is gone: " + str(self.errors))
        message = json.loads(line)  # anything but JSON on stdout is a failure
        assert message["jsonrpc"] == "2.0", message
        return message

    def start(self, method, params=None, meta=None):
        self.number += 1
        params = dict(params or {})
        meta = {**(MODERN if self.modern else {}), **(meta or {})}
        if meta:
            params["_meta"] = meta
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        return self.number

    def wait(self, number):
        while True:
            message = self.read()
            if "method" in message:
                self.notes.append(message)
            elif message["id"] == number:
                return message

    def request(self, method, params=None, meta=None):
        return self.wait(self.start(method, params, meta))

    def call(self, name, arguments=None, meta=None):
        """The tool's data; an error is returned as text."""
        answer = self.request("tools/call", {"name": name, "arguments": arguments or {}}, meta)
        if "error" in answer:
            return "error: " + answer["error"]["message"]
        result = answer["result"]
        self.content = result["content"]
        if result["isError"]:
            assert "structuredContent" not in result
            return "error: " + result["content"][0]["text"]
        data = result["structuredContent"]
        assert json.loads(result["content"][0]["text"]) == data
        check(self.schemas[name]["outputSchema"], data, name)
        return data

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=120)


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float), "null": type(None)}


def check(schema, data, path):
    """The part of JSON Schema that our output schemas use."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(data, TYPES[t]) for t in types):
        raise AssertionError("%s: %r is none of %s" % (path, data, types))
    if isinstance(data, dict):
        for key, value in data.items():
            if key in schema.get("properties", {}):
                check(schema["properties"][key], value, path + "." + key)
            elif schema.get("additionalProperties") is False:
                raise AssertionError("%s: %s is not in its schema" % (path, key))


tests = failures = 0


def ok(name, condition, details=""):
    global tests, failures
    tests += 1
    failures += not condition
    print("%sok %d - %s" % ("" if condition else "not ", tests, name))
    if not condition:
        print("# " + str(details)[:2000].replace("\n", "\n# "))
    sys.stdout.flush()


def done():
    print("1..%d" % tests)
    sys.exit(failures > 0)
