/** RFC 7638 thumbprints of keys whose private half was published: anyone can sign or decrypt with them. */
const KNOWN_PUBLIC_KEYS: ReadonlySet<string> = new Set([
  'oGDmHqCJ7yzMkWEkrlZVHkvrHIyQwtlDmeq5ForUHeY', // jwt.io, RS and PS
  '19J8y7Zprt2-QKLjF2I5pVk0OELX6cY2AfaAv1LC_w8', // jwt.io, ES256
  'iTqXXI0zbAnJCKDaobfhkM1f-6rMSpTfyZMRp_2tKI8', // jwt.io, ES384
  'xZDfZpry4P9vZPZyG2fNBRj-7Lz5omVdm7tHoCgSNfY', // jwt.io, ES512
  'IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8', // RFC 7515, appendix A.2
  'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U', // RFC 7515, appendix A.3
  'u5YUSjQ2-2chBi51NSk3t3g7IM4o2KYcnPqPtCNGd3U', // RFC 7515, appendix A.4
  'xtIsOV1FqKH77AI_A3jdTg5QfdabzqI-LNpYTPi0IgI', // RFC 7516, appendix A.1
  '_K0fXS8wlsT7Tn3vvZrs9qdKUIqi5AxQ5EVk41xi_BM', // RFC 7516, appendix A.2
  'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s', // RFC 7517, appendix A
  'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', // RFC 7517, appendix A, and RFC 7638
  'DdsFv-2-wgcPoDcyS6OXOWVh00JdbWkkVXDCYdxJ3uM', // RFC 7517, appendix B
  'D8R4-FeTJfzuDUy8bZ0c4hcwpul-Q11gCPs3mw6-R9Q', // RFC 7517, appendix C
  '_GK0r6GCoJt9zcssg9lay4obIxgCq05ntiRymRHADSU', // RFC 7518, appendix C
  'Vy57XrArUrW0NbpI12tEzDHABxMwrTh6HHXRenSpnCo', // RFC 7518, appendix C
  'dHri3SADZkrush5HU_50AoRhcKFryN-PI6jPBtPL55M', // RFC 7520, section 3.1
  '9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI', // RFC 7520, section 3.3
  'h_jutvC-jg3Nwueq8LmdSybXykVsBwk4_5u5Y9JiS7E', // RFC 7520, section 5.1
  'Rt-IyDEhXohvTl_ozKQ9YGflXGuDb3uu3QmqN2LoMwM', // RFC 7520, section 5.2
  'YlKlB7M2wnS0cPn_V7OW-FuDLuWdJ9z4OvPHmhGDfeE', // RFC 7520, section 5.4
  'HsSFalww3yP-dO-lWGYgFcyV5H22oScIFc4V2Y6GOto', // RFC 7520, section 5.5
  'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', // RFC 8037, appendix A
  'XLjwwV2nebvCF6hoPM8Q_vVoINNyYUYgONUODn91l1o', // docs/keys.md
]);

export function isKnownPublicKey(thumbprint: string): boolean {
  return KNOWN_PUBLIC_KEYS.has(thumbprint);
}
