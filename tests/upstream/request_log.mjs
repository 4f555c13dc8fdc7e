// Who asked and what they got, one JSON line per request. The form is never written: it holds a secret.
import { appendFileSync } from 'node:fs';

export const TOKEN_PATH = '/connect/token';

/// `answers`, `arrivals`: files or undefined.
export function requestLog({ answers, arrivals }) {
  const write = (file, entry) => {
    if (file) appendFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
  };
  return {
    /// Call once per token request, as soon as its form is read: it is written to `arrivals`, and `response.recordOutcome`
    /// is there from now on. Call that just before the answer is sent, so that whoever has the answer finds it in the log.
    begin(request, response, clientId) {
      const started = process.hrtime.bigint();
      let recorded = false;
      write(arrivals, { method: request.method, client_id: clientId });
      response.recordOutcome = (outcome, status) => {
        if (recorded) return;
        recorded = true;
        const milliseconds = Number((process.hrtime.bigint() - started) / 1_000_000n);
        write(answers, { client_id: clientId ?? null, outcome, status, milliseconds });
      };
      response.on('close', () => response.recordOutcome('abandoned', null));
    },
  };
}
