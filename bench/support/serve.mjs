// One peer in a process of its own: `serve.mjs <peer> <adapter> <settings as JSON>`, spoken to over IPC.
const [name, adapter, settings] = process.argv.slice(2);
const { serve } = await import(new URL(`../peers/${name}.mjs`, import.meta.url));
const peer = await serve(adapter, JSON.parse(settings));

process.on('message', async ({ ask, id, args }) => {
  const answer = async () => {
    switch (ask) {
      case 'cpu':
        return process.cpuUsage();
      case 'stop':
        return peer.stop?.();
      default:
        return peer[ask](args);
    }
  };
  const outcome = await answer().then(
    (value) => ({ id, value }),
    (error) => ({ id, error: error.stack }),
  );
  process.send(outcome, () => ask === 'stop' && process.exit(0));
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: { url: peer.url, headers: peer.headers } });
