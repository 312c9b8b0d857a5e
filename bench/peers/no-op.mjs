import { hostOf, injectable, listen } from '../support/nest.mjs';

export class NoOpGuard {
  canActivate() {
    return true;
  }
}
injectable(NoOpGuard);

export async function serve(adapter) {
  const { app, url } = await listen(hostOf({ guard: NoOpGuard }), adapter);
  return { url, headers: { authorization: `Bearer ${'x'.repeat(700)}` }, stop: () => app.close() };
}
