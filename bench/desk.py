"""A desk of its own for a benchmark: the release binary on a folder and a free port, signed in, with a key for a forwarder."""
import atexit, http.client, json, os, re, signal, subprocess, threading, time

TARGET = os.environ.get('CARGO_TARGET_DIR', os.path.expanduser('~/.cache/hikeshi/target'))
HIKESHI = os.environ.get('HIKESHI', os.path.join(TARGET, 'release/hikeshi'))
PASSWORD = 'a password for benchmarks'
TICK = os.sysconf('SC_CLK_TCK')


def cpu_of(pid):
    """Seconds of CPU, user and system, of one process."""
    with open(f'/proc/{pid}/stat') as file:
        parts = file.read().rpartition(')')[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


def memory_of(pid):
    """Resident and peak memory of one process, MB."""
    with open(f'/proc/{pid}/status') as file:
        found = dict(re.findall(r'^(VmRSS|VmHWM):\s+(\d+) kB', file.read(), re.M))
    return int(found['VmRSS']) / 1024, int(found['VmHWM']) / 1024


class Desk:
    def __init__(self, data, rules=(), log=None, options=()):
        begun = time.time()
        command = [HIKESHI, 'serve', '--data', data, '--listen', '127.0.0.1:0', *options]
        if rules:
            command += ['--rules', *rules]
        self.log = open(log or os.path.join(data, 'bench.log') if os.path.isdir(data) else log or os.devnull, 'ab')
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, 'RUST_LOG': 'warn'})
        self.pid = self.process.pid
        atexit.register(self.process.kill)
        self.address = self.token = None
        for line in self.process.stdout:
            found = re.search(rb'http://([\d.:]+)(?:/sign-in#token=(\S+))?', line)
            if found:
                self.address, self.token = found[1].decode(), found[2] and found[2].decode()
            if self.token or line.startswith(b'Sign in by password'):
                break
        if self.address is None:
            raise SystemExit(f'the desk did not start; see {self.log.name}')
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        while self.request('GET', '/readyz', headers={})[0] != 200:
            time.sleep(0.01)
        self.started_in = time.time() - begun
        self.cookie = None

    def request(self, method, path, body=None, headers=None):
        """Status and JSON (or bytes)."""
        connection = http.client.HTTPConnection(self.address, timeout=600)
        sent = {'Host': self.address, 'X-Hikeshi': '1'}
        if body is not None:
            sent['Content-Type'] = 'application/json'
        if headers is None and self.cookie:
            sent['Cookie'] = self.cookie
        sent.update(headers or {})
        connection.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, sent)
        answer = connection.getresponse()
        data = answer.read()
        cookie = answer.getheader('Set-Cookie')
        if cookie:
            self.cookie = cookie.split(';')[0]
        connection.close()
        try:
            return answer.status, json.loads(data) if data else None
        except ValueError:
            return answer.status, data

    def call(self, method, path, body=None):
        status, answer = self.request(method, '/api/v1' + path, body)
        if status >= 300:
            raise SystemExit(f'{method} {path}: {status} {answer}')
        return answer

    def sign_in(self):
        if self.token:
            status, answer = self.request('POST', '/api/v1/session/link', {'token': self.token}, headers={})
        else:
            status, answer = self.request('POST', '/api/v1/session', {'email': 'operator@localhost', 'password': PASSWORD}, headers={})
        if status != 200:
            raise SystemExit(f'sign in: {status} {answer}')
        if answer['needs_password']:
            self.call('PUT', '/me/password', {'new': PASSWORD})
        return self

    def key(self):
        """The secret of a key that may speak for all hosts of the first organisation."""
        organizations = self.call('GET', '/me')['organizations']
        if not organizations:
            self.call('POST', '/organizations', {'name': 'Bench', 'time_zone': 'Asia/Tokyo', 'language': 'ja'})
            organizations = self.call('GET', '/me')['organizations']
        org = organizations[0]['id']
        return self.call('POST', '/api-keys', {'org': org, 'name': 'bench', 'forwarder': 'bench'})['key']

    def metric(self, name):
        status, text = self.request('GET', '/metrics', headers={})
        found = re.search(rf'^hikeshi_{name}(?:_total)? (\S+)$', text.decode() if isinstance(text, bytes) else str(text), re.M)
        return float(found[1]) if found else None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()
