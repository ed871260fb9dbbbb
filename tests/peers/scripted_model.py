# scripted_model.py - a server that speaks four vendors' APIs and plays one model, so that real
# coding agents can be driven without one: `scripted_model.py SCRIPT.json LOG`, prints its port.
# SCRIPT: [[["a tool's name ends so", ...], arguments], ...], one call a turn, then "Done." Where it
# stands it knows from the results in the conversation, so any number of clients may ask.
import json, os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCRIPT, LOG = json.load(open(sys.argv[1])), open(sys.argv[2], "a")
TOKENS_IN, TOKENS_OUT = 1000, 10  # of every reply
lock = threading.Lock()


def pick(tools, n_results):
    """The next call, (tool, arguments): a tool is {"name", ...} as the client described it."""
    if n_results >= len(SCRIPT):
        return None
    endings, arguments = SCRIPT[n_results]
    for ending in endings:
        for tool in tools:
            if tool["name"] == ending or tool["name"].endswith("_" + ending):
                return tool, arguments
    return None


def fitted(tool, arguments, schema):
    """A shell's command has another name in each client: {"command"} as its schema wants it."""
    wanted = (schema or {}).get("properties", {})
    if "command" not in arguments or not wanted:
        return arguments
    arguments = dict(arguments)
    command = arguments.pop("command")
    if "cmd" in wanted:
        arguments["cmd"] = command
    elif wanted.get("command", {}).get("type") == "array":
        arguments["command"] = ["sh", "-c", command]
    else:
        arguments["command"] = command
    if "description" in wanted:
        arguments["description"] = "as the script says"
    return arguments


def anthropic(body):
    results = sum(c.get("type") == "tool_result" for m in body["messages"]
                  if isinstance(m["content"], list) for c in m["content"])
    call = pick([t for t in body.get("tools", []) if "name" in t], results)
    if call:
        tool, arguments = call
        block = {"type": "tool_use", "id": "toolu_%d" % results, "name": tool["name"], "input": {}}
        piece = {"type": "input_json_delta", "partial_json": json.dumps(
            fitted(tool, arguments, tool.get("input_schema")))}
    else:
        block, piece = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
    usage = {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT,
             "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    start = {"id": "msg_%d" % results, "type": "message", "role": "assistant", "content": [],
             "model": body["model"], "stop_reason": None, "stop_sequence": None, "usage": usage}
    stop = "tool_use" if call else "end_turn"
    if not body.get("stream"):
        if call:
            block["input"] = json.loads(piece["partial_json"])
        else:
            block["text"] = piece["text"]
        return {**start, "content": [block], "stop_reason": stop}
    return [("message_start", {"message": start}),
            ("content_block_start", {"index": 0, "content_block": block}),
            ("content_block_delta", {"index": 0, "delta": piece}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}),
            ("message_stop", {})]


def responses(body):
    items = body["input"] if isinstance(body["input"], list) else []
    results = sum(i.get("type", "").endswith("call_output") for i in items)
    tools = []
    for t in body.get("tools", []):
        if t.get("type") == "namespace":
            tools += [{**inner, "namespace": t["name"]} for inner in t["tools"]]
        elif "name" in t:
            tools.append(t)
    call = pick(tools, results)
    if call:
        tool, arguments = call
        item = {"type": "function_call", "id": "fc_%d" % results, "call_id": "call_%d" % results,
                "name": tool["name"], "status": "completed",
                "arguments": json.dumps(fitted(tool, arguments, tool.get("parameters")))}
        if "namespace" in tool:
            item["namespace"] = tool["namespace"]
    else:
        item = {"type": "message", "id": "msg_%d" % results, "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
    response = {"id": "resp_%d" % results, "object": "response", "model": body["model"],
                "status": "completed", "output": [item],
                "usage": {"input_tokens": TOKENS_IN, "input_tokens_details": {"cached_tokens": 0},
                          "output_tokens": TOKENS_OUT, "output_tokens_details":
                          {"reasoning_tokens": 0}, "total_tokens": TOKENS_IN + TOKENS_OUT}}
    if not body.get("stream"):
        return response
    return [("response.created", {"response": {**response, "status": "in_progress", "output": []}}),
            ("response.output_item.added", {"output_index": 0, "item": {**item, "status":
                                                                         "in_progress"}}),
            ("response.output_item.done", {"output_index": 0, "item": item}),
            ("response.completed", {"response": response})]


def chat(body):
    results = sum(m["role"] == "tool" for m in body["messages"])
    call = pick([t["function"] for t in body.get("tools", [])], results)
    message = {"role": "assistant", "content": None if call else "Done."}
    if call:
        tool, arguments = call
        message["tool_calls"] = [{"index": 0, "id": "call_%d" % results, "type": "function", "function": {
            "name": tool["name"], "arguments": json.dumps(fitted(tool, arguments,
                                                                 tool.get("parameters")))}}]
    whole = {"id": "chat_%d" % results, "created": 1, "model": body["model"]}
    usage = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT,
             "total_tokens": TOKENS_IN + TOKENS_OUT}
    end = "tool_calls" if call else "stop"
    if not body.get("stream"):
        return {**whole, "object": "chat.completion", "usage": usage, "choices": [
            {"index": 0, "message": message, "finish_reason": end}]}
    whole["object"] = "chat.completion.chunk"
    return [(None, {**whole, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}),
            (None, {**whole, "choices": [{"index": 0, "delta": {}, "finish_reason": end}]}),
            (None, {**whole, "choices": [], "usage": usage}), (None, "[DONE]")]


def gemini(body):
    results = sum("functionResponse" in p for c in body["contents"] for p in c.get("parts", []))
    tools = [d for t in body.get("tools", []) for d in t.get("functionDeclarations", [])]
    call = pick(tools, results)
    if call:
        tool, arguments = call
        part = {"functionCall": {"name": tool["name"], "args": fitted(
            tool, arguments, tool.get("parametersJsonSchema", tool.get("parameters")))}}
    elif "responseJsonSchema" in body.get("generationConfig", {}):  # which model fits the task
        part = {"text": json.dumps({"reasoning": "simple", "model_choice": "flash",
                                    "complexity_reasoning": "simple", "complexity_score": 1})}
    else:
        part = {"text": "Done."}
    return {"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]},
                            "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": TOKENS_IN, "candidatesTokenCount": TOKENS_OUT,
                              "totalTokenCount": TOKENS_IN + TOKENS_OUT}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, what):
        streams = isinstance(what, list)
        if streams:
            data = "".join(("event: %s\n" % name if name else "") + "data: %s\n\n" % (
                d if isinstance(d, str) else json.dumps({"type": name, **d} if name else d))
                for name, d in what).encode()
        else:
            data = json.dumps(what).encode()
        self.send_response(200 if what is not None else 404)
        self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path = self.path.split("?")[0]
        models = path.endswith("/models")
        self.note(path, {})
        self.answer({"object": "list", "data": [{"id": "scripted", "object": "model"}],
                     "models": []} if models else None)

    def note(self, path, body):
        with lock:
            LOG.write(json.dumps({"path": path, "headers": dict(self.headers), "body": body}) + "\n")
            LOG.flush()

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        if self.headers.get("Content-Encoding") == "zstd":
            import subprocess
            text = subprocess.run(["zstd", "-dc"], input=text, capture_output=True).stdout
        try:
            body = json.loads(text)
        except ValueError:
            body = {}
        self.note(path, body)
        if path.endswith("/count_tokens"):
            self.answer({"input_tokens": TOKENS_IN})
        elif path.endswith("/messages"):
            self.answer(anthropic(body))
        elif path.endswith("/responses"):
            self.answer(responses(body))
        elif path.endswith("/chat/completions"):
            self.answer(chat(body))
        elif path.endswith(":streamGenerateContent"):
            self.answer([(None, gemini(body))])
        elif path.endswith(":generateContent"):
            self.answer(gemini(body))
        elif path.endswith(":countTokens"):
            self.answer({"totalTokens": TOKENS_IN})
        else:
            self.answer(None)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
