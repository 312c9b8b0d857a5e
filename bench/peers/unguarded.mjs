import { hostOf, listen } from '../support/nest.mjs';

export async function serve(adapter) {
  const { app, url } = await listen(hostOf({}), adapter);
  return { url, headers: { authorization: `Bearer ${'x'.repeat(700)}` }, stop: () => app.close() };
}
