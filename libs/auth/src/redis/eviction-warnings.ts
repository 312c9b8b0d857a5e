import { type HostClient, isCluster } from './own-client.js';

/** A warning for each policy under which Redis may remove revocations. */
export async function evictionWarnings(client: HostClient): Promise<readonly string[]> {
  const nodes = isCluster(client) ? client.nodes('master') : [client];
  const infos = await Promise.all(nodes.map((node) => node.info('memory')));
  const policies = new Set(
    infos.map((info) => /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'),
  );
  policies.delete('noeviction');
  return [...policies].map(
    (policy) =>
      `Redis may evict revocations (maxmemory-policy ${policy}); set maxmemory-policy to noeviction`,
  );
}
