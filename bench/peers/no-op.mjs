import { hostOf, injectable, listen } from '../support/nest.mjs';

class NoOpGuard {
  canActivate() {
    return true;
  }
}

export async function serve(adapter) {
  const { app, url } = await listen(hostOf({ guard: injectable(NoOpGuard) }), adapter);
  return { url, headers: { authorization: `Bearer ${'x'.repeat(700)}` }, stop: () => app.close() };
}
