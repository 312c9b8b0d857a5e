// Keeps a number of logins in flight while it is told to; a process of its own, so that it does not delay those who
// measure.
const [url, inFlight] = process.argv.slice(2);
let wanted = false;
let running = [];

async function worker(at) {
  for (let i = at; wanted; i += Number(inFlight)) {
    const body = {
      email: `bench${(i % 200) + 1}@example.com`,
      password: 'bench-passphrase-1',
      transport: 'bearer',
    };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await answer.text();
    if (!answer.ok) throw new Error(`login answered ${answer.status}`);
  }
}

process.on('message', async (message) => {
  wanted = message === 'start';
  if (wanted) running = Array.from({ length: Number(inFlight) }, (_, at) => worker(at));
  else await Promise.all(running);
  process.send(message);
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
