"""strict_server.py - a server of models on loopback that demands what the vendors' references
demand, and answers errors in their words: each vendor is a class. The model behind it calls
two tools, thinks about each, and then sends a policy; a request that lacks what the vendor
wants back, or holds what it refuses, gets its error.

usage: strict_server.py VENDOR [--unix PATH] [--tls CERT KEY]
Prints its port, then a line a request: the status, and what was wrong."""
import hashlib, hmac, http.server, json, socketserver, ssl, sys, urllib.parse

KEY = 'sk-strict-4f9d2c7b1e55aa'
POLICY = ('Lean with the pole.\n```lua\nreturn { act = function(obs)\n'
          '  return obs.angle + obs.angular_velocity > 0 and 1 or 0\nend }\n```\n')


class Wrong(Exception):
    def __init__(self, status, message):
        self.status, self.message = status, message


def need(truth, message, status=400):
    if not truth:
        raise Wrong(status, message)


class Vendor:
    """OpenAI's Chat Completions."""
    path, query, auth = '/v1/chat/completions', {}, ('authorization', 'Bearer ' + KEY)
    fields = {'model', 'messages', 'tools', 'stream', 'stream_options', 'max_completion_tokens',
              'reasoning_effort', 'verbosity', 'temperature', 'top_p', 'service_tier',
              'prompt_cache_key', 'seed'}
    headers, body = {}, {}  # demanded

    def error(self, status, message):
        return {'error': {'message': message, 'type': 'invalid_request_error', 'param': None,
                          'code': None}}

    def check_head(self, method, path, query, headers):
        need(path == self.path, 'Not Found: ' + path, 404)
        need(query == self.query, 'wrong query: %s' % query, 404)
        name, value = self.auth
        need(headers.get(name) == value, 'Incorrect API key provided', 401)
        for name, value in self.headers.items():
            need(headers.get(name) == value, 'header %s must be %s' % (name, value))

    def check_body(self, j):
        for name in j:
            need(name in self.fields, 'Unrecognized request argument supplied: ' + name)
        for name, value in self.body.items():
            need(j.get(name) == value, '%s must be %s, not %s' % (name, value, j.get(name)))
        waits = []
        for m in j['messages']:
            if m['role'] == 'tool':
                need(m['tool_call_id'] in waits, "messages with role 'tool' must be a response "
                     "to a preceding message with 'tool_calls'")
                waits.remove(m['tool_call_id'])
                continue
            need(not waits, 'tool_call_ids did not have response messages')
            waits = [c['id'] for c in m.get('tool_calls', [])]
            for c in m.get('tool_calls', []):
                json.loads(c['function']['arguments'])
        turns = [m for m in j['messages'] if m['role'] == 'assistant']
        for n, m in enumerate(turns):
            self.check_turn(m, n)
        return len(turns) if j.get('tools') else None

    def check_turn(self, m, n):
        pass

    def thought(self, n):
        """What goes with the n-th call: fragments of a delta's fields, and of the call's."""
        return [], {}

    def chunks(self, n):
        pieces, of_call = self.thought(n) if n is not None else ([], {})
        for p in pieces:
            yield dict(p)
        if n is None:
            yield {'content': 'ready'}
        elif n < 2:
            yield {'tool_calls': [dict(index=0, id='call_%d' % n, type='function', **of_call,
                                       function={'name': 'policy_read', 'arguments': ''})]}
            yield {'tool_calls': [{'index': 0, 'function': {'arguments': '{}'}}]}
        else:
            yield {'content': POLICY}

    def stream(self, n):
        for c in self.chunks(n):
            yield None, {'model': 'm-1', 'choices': [{'index': 0, 'delta': c}]}
        yield None, {'choices': [{'index': 0, 'delta': {},
                                  'finish_reason': 'tool_calls' if n in (0, 1) else 'stop'}]}
        yield None, {'choices': [], 'usage': {'prompt_tokens': 3000, 'completion_tokens': 90}}


class openai(Vendor):
    headers = {'openai-organization': 'org-1', 'openai-project': 'proj-1'}
    body = {'reasoning_effort': 'high', 'verbosity': 'low', 'service_tier': 'flex',
            'prompt_cache_key': 'k1', 'temperature': 0.5, 'max_completion_tokens': 4000}


class plain(Vendor):
    pass


class deepseek(Vendor):
    """api-docs.deepseek.com, Thinking Mode, Tool Calls: all of a call's reasoning_content."""
    def thought(self, n):
        return [[{'reasoning_content': 'I think'}, {'reasoning_content': ' of it.'}], [],
                []][n], {}

    def check_turn(self, m, n):
        need('reasoning_content' in m,
             'The reasoning_content in the thinking mode must be passed back to the API.')
        need(m['reasoning_content'] == ('I think of it.' if n == 0 else ''),
             'reasoning_content was changed')


class openrouter(Vendor):
    """openrouter.ai/docs, Reasoning Tokens: the sequence of blocks as it was."""
    path = '/api/v1/chat/completions'
    fields = Vendor.fields | {'provider'}
    body = {'provider': {'order': ['a', 'b']}}
    headers = {'x-title': 'ratchet'}
    whole = [{'type': 'reasoning.text', 'text': 'First so.', 'signature': 's1',
              'format': 'anthropic-claude-v1', 'index': 0},
             {'type': 'reasoning.encrypted', 'data': 'zzz', 'id': 'e1', 'index': 1}]

    def thought(self, n):
        def text(t, s):
            return {'reasoning': t, 'reasoning_details': [
                {'type': 'reasoning.text', 'text': t, 'signature': s,
                 'format': 'anthropic-claude-v1', 'index': 0}]}
        return [text('First', None), text(' so.', None), text('', 's1'),
                {'reasoning_details': [self.whole[1]]}], {}

    def check_turn(self, m, n):
        need(m.get('reasoning_details') == self.whole,
             'reasoning_details: %s' % m.get('reasoning_details'))


class minimax(Vendor):
    """MiniMax's M2 with reasoning_split: each chunk repeats all that there is so far."""
    fields = Vendor.fields | {'reasoning_split'}
    body = {'reasoning_split': True}

    def thought(self, n):
        return [{'reasoning_details': [{'type': 'reasoning.text', 'id': 'reasoning-text-1',
                                        'index': 0, 'text': t}]}
                for t in ('One', 'One and', 'One and two')], {}

    def check_turn(self, m, n):
        need(m.get('reasoning_details') == [
            {'type': 'reasoning.text', 'id': 'reasoning-text-1', 'index': 0,
             'text': 'One and two'}], 'reasoning_details: %s' % m.get('reasoning_details'))


class gemini(Vendor):
    """ai.google.dev, Thought Signatures, OpenAI compatibility; its errors are in a list."""
    path = '/v1beta/openai/chat/completions'
    fields = Vendor.fields | {'extra_body'}

    def error(self, status, message):
        return [{'error': {'code': status, 'message': message, 'status': 'INVALID_ARGUMENT'}}]

    def thought(self, n):
        return [], {'extra_content': {'google': {'thought_signature': 'sig-%d' % n}}}

    def check_turn(self, m, n):
        got = m['tool_calls'][0].get('extra_content', {}).get('google', {})
        need(got.get('thought_signature') == 'sig-%d' % n,
             'Function call is missing a thought_signature in functionCall parts.')


class vertex(gemini):
    path = '/v1/projects/p1/locations/global/endpoints/openapi/chat/completions'


class azure(Vendor):
    """learn.microsoft.com, Azure OpenAI REST reference: deployments and api-version."""
    path = '/openai/deployments/m/chat/completions'
    query = {'api-version': ['2024-10-21']}
    auth = ('api-key', KEY)


class Anthropic(Vendor):
    """docs.claude.com, Messages and Extended thinking."""
    path = '/v1/messages'
    auth = ('x-api-key', KEY)
    headers = {'anthropic-version': '2023-06-01'}
    fields = {'model', 'max_tokens', 'messages', 'system', 'tools', 'stream', 'thinking',
              'temperature', 'output_config', 'service_tier', 'anthropic_version'}
    begins = [{'type': 'thinking', 'thinking': 'Look first.', 'signature': 'sg'},
              {'type': 'redacted_thinking', 'data': 'rrr'}]

    def error(self, status, message):
        return {'type': 'error', 'error': {'type': 'invalid_request_error', 'message': message}}

    def check_body(self, j):
        for name in j:
            need(name in self.fields, name + ': Extra inputs are not permitted')
        for name, value in self.body.items():
            need(j.get(name) == value, '%s must be %s, not %s' % (name, value, j.get(name)))
        budget = j.get('thinking', {}).get('budget_tokens', 0)
        need(j['max_tokens'] > budget, '`max_tokens` must be greater than '
             '`thinking.budget_tokens`')
        roles = [m['role'] for m in j['messages']]
        need(all(a != b for a, b in zip(roles, roles[1:])), 'roles must alternate')
        marks, turns = 0, 0
        for b in j.get('system', []):
            marks += 'cache_control' in b
        for m in j['messages']:
            for b in m['content']:
                marks += 'cache_control' in b
                need(b['type'] not in ('thinking', 'redacted_thinking') or
                     'cache_control' not in b, 'thinking blocks cannot be cached')
                need(b['type'] != 'text' or b['text'].strip(),
                     'text content blocks must be non-empty')
            if m['role'] == 'assistant':
                need(m['content'][:2] == self.begins or 'thinking' not in j,
                     'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, '
                     'but found `%s`.' % m['content'][0]['type'])
                turns += 1
        need(marks <= 4, 'A maximum of 4 blocks with cache_control may be provided')
        return turns if j.get('tools') else None

    def blocks(self, n):
        if n is None:
            return [{'type': 'text', 'text': 'ready'}]
        if n < 2:
            return self.begins + [{'type': 'text', 'text': 'I read it.'},
                                  {'type': 'tool_use', 'id': 'tu_%d' % n,
                                   'name': 'policy_read', 'input': {}}]
        return [{'type': 'text', 'text': POLICY}]

    def whole(self, n):
        return {'type': 'message', 'role': 'assistant', 'model': 'c-1', 'content':
                self.blocks(n), 'stop_reason': 'tool_use' if n in (0, 1) else 'end_turn',
                'usage': {'input_tokens': 3000, 'output_tokens': 90}}

    def stream(self, n):
        yield 'message_start', {'type': 'message_start', 'message': {
            'model': 'c-1', 'usage': {'input_tokens': 3000, 'output_tokens': 1}}}
        for i, b in enumerate(self.blocks(n)):
            empty = dict(b)
            deltas = []
            if b['type'] == 'thinking':
                empty.update(thinking='', signature='')
                deltas = [{'type': 'thinking_delta', 'thinking': b['thinking'][:4]},
                          {'type': 'thinking_delta', 'thinking': b['thinking'][4:]},
                          {'type': 'signature_delta', 'signature': b['signature']}]
            elif b['type'] == 'text':
                empty['text'] = ''
                deltas = [{'type': 'text_delta', 'text': b['text']}]
            elif b['type'] == 'tool_use':
                deltas = [{'type': 'input_json_delta', 'partial_json': '{}'}]
            yield None, {'type': 'content_block_start', 'index': i, 'content_block': empty}
            for d in deltas:
                yield None, {'type': 'content_block_delta', 'index': i, 'delta': d}
            yield None, {'type': 'content_block_stop', 'index': i}
        yield None, {'type': 'message_delta', 'delta': {
            'stop_reason': 'tool_use' if n in (0, 1) else 'end_turn'},
            'usage': {'output_tokens': 90}}
        yield None, {'type': 'message_stop'}


class anthropic(Anthropic):
    headers = dict(Anthropic.headers, **{'anthropic-beta': 'a-1,b-2'})
    body = {'thinking': {'type': 'enabled', 'budget_tokens': 2048},
            'output_config': {'effort': 'high'}}


class anthropic_token(Anthropic):
    auth = ('authorization', 'Bearer ' + KEY)


class bedrock(Anthropic):
    """docs.aws.amazon.com: InvokeModel's path and body, Signature Version 4."""
    path = '/model/anthropic.claude-sonnet-4-6/invoke'
    headers, streams = {}, False
    body = {'anthropic_version': 'bedrock-2023-05-31'}
    fields = Anthropic.fields - {'model', 'stream'}

    def check_head(self, method, path, query, headers):
        need(path == self.path, 'Not Found: ' + path, 404)
        given = headers.get('authorization', '')
        need(given.startswith('AWS4-HMAC-SHA256 '), 'Missing Authentication Token', 403)
        need(headers.get('x-amz-security-token') == 'session-token-1', 'no token', 403)
        parts = dict(p.strip().split('=', 1) for p in given[17:].split(','))
        scope = parts['Credential'].split('/')
        need(scope[0] == 'AKIDEXAMPLE12345678' and scope[2:] == ['eu-west-1', 'bedrock',
                                                                'aws4_request'],
             'Credential should be scoped to a valid region: %s' % scope, 403)
        names = parts['SignedHeaders'].split(';')
        need('host' in names and 'x-amz-date' in names, 'SignedHeaders lack host', 403)
        canonical = '\n'.join(
            [method, urllib.parse.quote(path, safe='/-_.~'), ''] +
            ['%s:%s' % (n, ' '.join(headers[n].split())) for n in names] +
            ['', ';'.join(names), hashlib.sha256(self.bytes).hexdigest()])
        to_sign = '\n'.join(['AWS4-HMAC-SHA256', headers['x-amz-date'], '/'.join(scope[1:]),
                             hashlib.sha256(canonical.encode()).hexdigest()])
        key = b'AWS4' + b'secret/key+1'
        for part in scope[1:]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        need(hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() == parts['Signature'],
             'The request signature we calculated does not match the signature you provided.',
             403)


class responses(Vendor):
    """platform.openai.com, Responses: stateless, reasoning items before their calls."""
    path = '/v1/responses'
    fields = {'model', 'input', 'tools', 'stream', 'store', 'include', 'reasoning', 'text',
              'max_output_tokens', 'service_tier', 'prompt_cache_key', 'temperature'}
    body = {'reasoning': {'effort': 'low'}, 'text': {'verbosity': 'high'}, 'store': False}

    def check_body(self, j):
        for name in j:
            need(name in self.fields, 'Unknown parameter: ' + name)
        for name, value in self.body.items():
            need(j.get(name) == value, '%s must be %s, not %s' % (name, value, j.get(name)))
        turns, before = 0, None
        for item in j['input']:
            need('id' not in item, 'Item with id not found: store is false')
            if item.get('type') == 'function_call':
                need(before == {'type': 'reasoning', 'summary': [],
                                'encrypted_content': 'enc-%d' % turns},
                     "Item of type 'function_call' was provided without its required "
                     "'reasoning' item")
                turns += 1
            before = item
        return turns if j.get('tools') else None

    def stream(self, n):
        text = 'ready' if n is None else POLICY
        items = [{'type': 'message', 'id': 'm', 'role': 'assistant', 'content': [
            {'type': 'output_text', 'text': text}]}]
        if n in (0, 1):
            items = [{'type': 'reasoning', 'id': 'rs', 'summary': [],
                      'encrypted_content': 'enc-%d' % n},
                     {'type': 'function_call', 'id': 'fc', 'call_id': 'c%d' % n,
                      'name': 'policy_read', 'arguments': '{}'}]
        yield 'response.completed', {'type': 'response.completed', 'response': {
            'model': 'r-1', 'status': 'completed', 'output': items,
            'usage': {'input_tokens': 3000, 'output_tokens': 90}}}


class overflow(Vendor):
    """A model whose context is small: in llama.cpp's words, with its old status."""
    def check_body(self, j):
        n = super().check_body(j)
        size = len(json.dumps(j['messages']))
        need(n is None or size < LIMIT, 'the request exceeds the available context size. try '
             'increasing the context size or enable context shift', 500)
        return 2 if n is not None else None


LIMIT = 9000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def address_string(self):
        return 'client'

    def reply(self, status, kind, data):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_CONNECT(self):
        """As a proxy: whatever the host, it is this server that is reached."""
        print('CONNECT', self.path, flush=True)
        self.send_response(200)
        self.end_headers()
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile('rb')
        self.wfile = self.connection.makefile('wb', buffering=0)
        self.close_connection = False

    def do_POST(self):
        v = vendor()
        url = urllib.parse.urlsplit(self.path)
        v.bytes = self.rfile.read(int(self.headers['Content-Length']))
        headers = {k.lower(): val for k, val in self.headers.items()}
        try:
            v.check_head('POST', url.path, urllib.parse.parse_qs(url.query), headers)
            n = v.check_body(json.loads(v.bytes))
        except Wrong as w:
            print(w.status, w.message, flush=True)
            self.reply(w.status, 'application/json', json.dumps(v.error(w.status,
                                                                        w.message)).encode())
            return
        print(200, 'turn', n, flush=True)
        if not getattr(v, 'streams', True):
            self.reply(200, 'application/json', json.dumps(v.whole(n)).encode())
            return
        out = ''
        for name, data in v.stream(n):
            out += ('event: %s\n' % name if name else '') + 'data: %s\n\n' % json.dumps(data)
        if 'choices' in out:
            out += 'data: [DONE]\n\n'
        self.reply(200, 'text/event-stream', out.encode())


class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


vendor = globals()[sys.argv[1]]
options = sys.argv[2:]
if '--tls' in options:
    at = options.index('--tls')
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options[at + 1], options[at + 2])
if '--unix' in options:
    server = Unix(options[options.index('--unix') + 1], Handler)
    print('unix', flush=True)
else:
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    if '--tls' in options and '--proxy' not in options:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
server.serve_forever()
