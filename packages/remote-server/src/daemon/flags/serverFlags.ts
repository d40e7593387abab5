import type { Option } from 'commander';
import { defaultPort } from '../../WebSocketListener.js';
import { collect, flag, parseCount, parsePercent, parsePort, parseSeconds } from './parse.js';

/** What every daemon has, whatever it serves. */
export function serverFlags(): Option[] {
  return [
    flag(
      '--host <address>',
      'TUREEN_HOST',
      'address to listen on; others than loopback need a token',
    ).default('127.0.0.1'),
    flag('--port <number>', 'TUREEN_PORT', 'port to listen on; 0 takes any that is free')
      .default(defaultPort)
      .argParser(parsePort),
    flag(
      '--token-file <file>',
      'TUREEN_TOKEN_FILE',
      'file with the token that clients must present, or several, one a line',
    ),
    flag('--cert <file>', 'TUREEN_CERT', 'certificate for TLS, in PEM format; needs --key'),
    flag('--key <file>', 'TUREEN_KEY', 'key of the certificate, in PEM format'),
    flag(
      '--client-ca <file>',
      'TUREEN_CLIENT_CA',
      'authorities of which clients must present a certificate, in PEM format',
    ),
    flag(
      '--listen-ip <address>',
      'TUREEN_LISTEN_IP',
      'address of this host for media, in place of addresses that it does not have',
    ),
    flag(
      '--announced-address <address>',
      'TUREEN_ANNOUNCED_ADDRESS',
      'address or name under which media endpoints reach this host',
    ),
    flag(
      '--allow-worker-bin <file>',
      'TUREEN_ALLOW_WORKER_BIN',
      'a workerBin that clients may ask for; can be repeated',
    ).argParser(collect),
    flag(
      '--allow-dtls-file <file>',
      'TUREEN_ALLOW_DTLS_FILE',
      'a DTLS certificate or key file that clients may ask for; can be repeated',
    ).argParser(collect),
    flag(
      '--allow-field-trials <string>',
      'TUREEN_ALLOW_FIELD_TRIALS',
      'a value of libwebrtcFieldTrials that clients may ask for; can be repeated',
    ).argParser(collect),
    flag(
      '--resume-window <seconds>',
      'TUREEN_RESUME_WINDOW',
      'how long a session waits for its client to come back',
    )
      .default(30)
      .argParser(parseSeconds),
    flag(
      '--drain-timeout <seconds>',
      'TUREEN_DRAIN_TIMEOUT',
      'how long SIGTERM waits for workers to be closed by their applications',
    )
      .default(0)
      .argParser(parseSeconds),
    flag(
      '--max-sessions <number>',
      'TUREEN_MAX_SESSIONS',
      'sessions at a time (default: 1000)',
    ).argParser(parseCount),
    flag(
      '--max-workers <number>',
      'TUREEN_MAX_WORKERS',
      'workers of a session (default: 64)',
    ).argParser(parseCount),
    flag(
      '--max-transports <number>',
      'TUREEN_MAX_TRANSPORTS',
      'transports of a session (default: 20000)',
    ).argParser(parseCount),
    flag(
      '--max-calls <number>',
      'TUREEN_MAX_CALLS',
      'calls of a session under way (default: 10000)',
    ).argParser(parseCount),
    flag(
      '--max-session-memory <mebibytes>',
      'TUREEN_MAX_SESSION_MEMORY',
      'memory of this process that a session may take, by estimate (default: 1024)',
    ).argParser(parseCount),
    flag(
      '--max-connections <number>',
      'TUREEN_MAX_CONNECTIONS',
      'connections at a time, those without a session included (default: 2000)',
    ).argParser(parseCount),
    flag(
      '--vertical',
      'TUREEN_VERTICAL',
      'serve all cores as one worker: what an application asks of it is spread over real workers',
    ),
    flag(
      '--vertical-workers <number>',
      'TUREEN_VERTICAL_WORKERS',
      'real workers at most behind one, with --vertical (default: one for each core)',
    ).argParser(parseCount),
    flag(
      '--placement <policy>',
      'TUREEN_PLACEMENT',
      'which real worker a transport goes to, with --vertical; scatter is for tests (default: concentrate)',
    ).choices(['concentrate', 'spread', 'weighted', 'scatter']),
    flag(
      '--watermark-worker <percent>',
      'TUREEN_WATERMARK_WORKER',
      'CPU of a core at which a real worker counts as full (default: 60)',
    ).argParser(parsePercent),
    flag(
      '--watermark-node <percent>',
      'TUREEN_WATERMARK_NODE',
      'CPU of the host at which no further real worker is started (default: 90)',
    ).argParser(parsePercent),
    flag(
      '--idle-pipe-timeout <seconds>',
      'TUREEN_IDLE_PIPE_TIMEOUT',
      'how long a stream stays piped to a real worker where nobody consumes it any more (default: 5)',
    ).argParser(parseSeconds),
    flag('--health-host <address>', 'TUREEN_HEALTH_HOST', 'address for --health-port').default(
      '127.0.0.1',
    ),
    flag(
      '--health-port <number>',
      'TUREEN_HEALTH_PORT',
      'port for /livez, /readyz and /metrics (default: none)',
    ).argParser(parsePort),
    flag('--send-full-errors', 'TUREEN_SEND_FULL_ERRORS', 'send errors with their stacks'),
    flag('--log-level <level>', 'TUREEN_LOG_LEVEL', 'what to log to standard error')
      .choices(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info'),
  ];
}
