import { createHash } from 'node:crypto';

// Hashes, so that secret scanners do not report this file, and nobody copies a secret from it.

/** Hashes of texts reduced to lower-case letters and digits, so that other spellings match as well. */
const KNOWN_TEXTS: ReadonlySet<string> = new Set([
  // Nest documentation
  'kQqb5-hyeq-CmVQq8v43YycnK943ssSqOZIhEcunyKw',
  'CFAPl7N8Q9Po07j8cBXzCifQh0v3DOKVvtaGkJsoqZs',
  'rRZbETILyRUBqwhhPMOkimKmyspNXIsUyoLMMTs7ls0',
  'ZSx9xofZjJiJME7S5AjHS2EehqQMqlHEtD8d1ZE8XNA',
  '5wY4algZDuEyR__IXAf1_uYXrtHjOc2TXmS6syv-j8g',
  '2ADQqnHjmzFdoEkEd_VrRrsDp2lE3LYPksFUHX3G0Hg',
  // Supabase
  'uZ1LZzucs5QwBag93FZlnNfALQ8s7mAeyORoXpgOh-I',
  'AY5pJozhR7341egtqsuTDHYGwR36dgPjQyY3KyxEHWM',
  'ht2U0VG9juK-dwWtjPxW4gHPqrAeP-Yz3ZnGgBa-oQE',
  'j5mEiTT8rvRLw_xfbSlsYCNYF0ltV15oKsITabEkcls',
  'w-DWZqVzDepySe_Qb8H4KOfWiCaLb9nHK6lCA4jtkDk',
  'uPMMepXVzNibyRgLRzyVC3Mw4wUhzA5uu5jsOv-OoXI',
  'Sk1I_X1ygc24tA-GiDN-xdT2YiV09hOLbTsd-1BmatA',
  // PostgREST
  '_U3sdavC335Ph3biRs5zPSlpAjBpXEzo6nogfrOpOas',
  'wrRKjtUkkYmYiHVMdgYRAZFVBnO4hfL274v3_REGZww',
  'LU5FMLT_dW4mMKNNx4dl_n2fdPfDcIaTHlpj4HSej5I',
  's63KA656dUJ2pW7_qZ3KGRl5cEQtkDuQtzWnlwpkHHM',
  // jwt.io, in its editions
  'K7gNU3sdo-OL0wNhqoVWhr3g6s1xYv72ol_pe_Unols',
  'wXnb6mJnf7qySAXs_541ACOePO6flo7eq3k72jXpf60',
  'BkpLGl_YkOCdlEUxwL45a78CfWl6pNm74OfKbJqL8xc',
  '7KVdTSiTL__7bQz74ySHwXn57REMNKsjnbuBB44WsKo',
  'znIeie_08sFY46FYUP-mNSuN1CsrVyCFBYOpwCpP7GM',
  'VO9kU1SMpo0z3IhrRG5KMmS8_bj8W3F1oUQHYqGmwWM',
  'AYA1LWyoHra8SiwKOIfoB8X1grpvCT3yEyTjXfAnWZQ',
  'LLZ8b_PbYWL0gP0A67VGDSranQPSPvWx_A8whYGOAlQ',
  'HJILpy5MrywJPHYZhTkckhupbOfdidzsvGxStIOYkA8',
  'lO-6cS-N_TRvPffojh-aAP9HWPjijbHxXXN8HUyPyEk',
  'tCER0syWT8KfZRkv4ikHrDpz3frdnpe_7zCxXiJEP_U',
  'rx2AxoEE9kh0tsCDijnYMonvX-xwC-gaJj-oKksIyYE',
  'PoRSMHeixuwfp69OnCqoPbRzsjNKJufXwgpNW6CaMy4',
  'MFgcQSQjE7sYIZFYkO6QSWdFDBbwzxIFXR7zHbEq-TQ',
  // jose
  '76b10k7ML7Ux4TR87SMf8JhCcjwS1Y5cim3HsF92ezs',
  'ux6rmh1mwD7oH3w0YofKyxz4rJryAqZ9PIvUuFOdLV8',
  // FastAPI
  'Vw2tQ94a9Mkl-SwWpopQk22kK33W_eskhQUHoRmarIk',
  // Hasura, nhost
  'HHytMs4amuwrM9nVZgRFfB1yqedjW5NvflvbBGQqzWA',
  'hIzN7rF5Ls0Qb6Va_h-lbUwrwgXul-tjliN71YMhxEM',
  '90OhttY8mxUXm_UAPIP3c8A8O8wnUkULAqhJ-IDBbcc',
  // Spring tutorials
  'Kx-mJxeONCTiD_0OGLdEDDIq1TjTyWrvHj9g2ZlRwjw',
  'TAvwgiHz1x5O17CTtifMjUyzIlDV1wq9_6RXo6-8BPI',
  'F0s3dYydqTST9CIZmaFAYqSwOHcNsSQ96TPFyPwf_Oo',
  'E448IfjFWB7JfMprApwLIytbxL_m1XOs476R-AeE4rQ',
  'Xfc-GqWdjzMsL1_W6hw30PIma2I-o8Tv5ss9V3_WpeE',
  '7oWDOvGHkl1cokyKEfu9ju2jPDGgqYMKTz_5GHrWT1g',
  '2FWU8VgsKbF7C3amEHR7GX1ZA6VeS79wuMQTxDmbBu8',
  '_8ZI_7Jubt_ZJgMJ3ZGGQYa92rroJQOyDZJTzZHC6iw',
  'En-4tCCcFyILplVpWdF8VJk2jMxmlD7gKOszIYMqA2E',
  'DwCCRt2WOXZox4EgoI6tDDVwEYuVF-bmvnyzbYL7PrI',
  'WUwIHSPeIrF4ujSpyFUf4j06cDTZJxely0oFQzekxxQ',
  'GpAJ5xiz-cmpE93v8humYxk52uRiDF9rM91F4QUaKg8',
  'ILgc0TJ9PGyZ61o4xm1DxsiKWpxtP2cUiTlOBs8zmSQ',
  'mHe-Ys1ZyXvbqyRbTzkmIlOhw8e4ohdoBbfiVFpw8qU',
  // .NET tutorials
  'ZF6ltGPPqnLKw6OLoMZD50qybSDlEDDl3eOWifRW5BQ',
  'K4FYDRmcge_tpyYZOD_KizBZbystCqBmmmjDJ9qxpKg',
  'RNZqyTBNq-8XZpq6Hu9dvB3AJ1zsHpJ1rmNVSRs7x08',
  'Lju05dw29jmK9dVa4U8_2BMQASBxWR6sxfIexYG5Ffw',
  'kJog9FbUA83QegXbhiA0q3dzJYMcnLVpWVQnhjhZilw',
  'w_ZyIsC6na9PeGlnMnVzpWrfUEc_27WPnoe-nTDR70U',
  '3x9Y_QFteXBY8NNrK32Xf9BeG1bZ-8EtvaUVFhMIFPI',
  'lelPKHkJdtL8HyqcgR0rjsdqvkIWV5mIHLHEGsbgVcg',
  'kh7bRZYI0kIMYFL8wcaX9p7DAggB3Cd-dDB5Sm3U5YI',
  'hExtD-RkLFtAaawtu2RwuWEHzosgWQb9Lbt2Ra-8x_M',
  // Nacos
  '962-BK8oi_wrBhhfvf_dbeX_et88Is-jHIlZw3SHBm4',
  'u0tCAEw3DRv1bNR6Y0AOORgtTbie9PRVWUlJu1TZ1x4',
  '3yF4rXSXGW79zpPAAISNlV4ayLxMLGtBO8efvxsjf78',
  'xafUI90bTT1eYfEDgPbAkA5QQmc3hfGJ0GQXvYTxFMI',
  '2nAWn_hX4a3XKB8ppoJIrwp2bQYlL8WWLcFpY_URWxg',
  // Directus, Superset, Grafana, Strapi, Outline, Windmill, Coolify
  'HYwwbMI75qIfTDbXSGDIzLodum2gw9m0on3BeIG4YDs',
  'jlFmxjCVHgqFjLGMxLLmjMTctXGzHKH8GR5nNeB2RTM',
  '-apdgVLyGOrsLV7j42XBz-MLXoj4CsWpQ31HRYAG_Z4',
  'saERyFqJv-2mzd3KNjLK50Bx3KobHu1Smc-0IRS5Y44',
  'u05ww54nknLDagDGZq1zGYFJWPedzA2PF23XyqV6Ebo',
  '06vA0HaUdeb2j-fh_NKtanM074dHL36mdBTX92Xc3TA',
  'AcQ6FLUgjtbhpV4PPuKmR4Zvnfg2_NUhLwiUAmofqbE',
  'qsKNtfcrSumclO034EAcW3AwzGo0qeT1zomUdFCsxuc',
  'KLEGIo3UvYLt4nPytY4W_Ouu5zU6Qun-wN6g3mZbPxw',
  'jA1u7h_Z59dpsxBiIVR0KlvffSyBJl4IV7FUCjDqxE8',
  'OC_8dksXDTkdeYyAHsRaMTG7bzycSJjQa5HEq6Og_A8',
  'egE3LwK3VuviCOqWYmxHcsiXXueMA8lLzslS2ZmF92o',
  'whIAV221H4Yy9rablZ36sA6o8X6icNB45vh6Bs3yN_4',
  // Laravel, Symfony, Django, Rails, Lexik
  'PirGFVZRfP1gE1DpwwXqy2AVdpZRl-CCjxfU3jjLJt8',
  'Tiz7zUNENyhGBKSKi5erjvb6uPAUMusOeFX9Tuetn_M',
  'cHX_ntAJNxkNOfce6iCR4U1-SRkvT-IjXabMifuWSgw',
  'QQnBf5CgBYPlQMvCSUUuD8k3z_5Oq8C--bVJswv5it0',
]);

const KNOWN_BYTES: ReadonlySet<string> = new Set([
  'yOzJNhoF4oXwTCb5VyExpt6rB-niuGUFPG91pNi9KzI', // RFC 7515, appendix A.1; RFC 7517, appendix A.3
  'c-x0RYBZxwyuPwrehmP-DaHcSxFO2M2sdTZBQLRFikw', // RFC 7520, section 3.5
  'LNbxAFbQjhBDCtVli1VlBWyT_N4EdWP35TpWRSRnwFA', // RFC 7520, section 3.6
  '3GClt0teZJ5flVmzmTOlWyumu-mgCW1GNw5l7Nj5Lx4', // RFC 7520, section 5.7
  'V8oU1SD4ib5bxtkxO0QvYqSnHWP86sUHyRRoOolEtKA', // RFC 9421, appendix B.1.5
]);

const digest = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('base64url');

/** Whether the text, or what it encodes, is a secret that is printed in public. */
export function isKnownText(text: string): boolean {
  if (KNOWN_TEXTS.has(digest(text.toLowerCase().replace(/[^a-z0-9]/g, '')))) return true;
  return (['base64', 'hex'] as const).some((encoding) =>
    KNOWN_BYTES.has(digest(Buffer.from(text, encoding))),
  );
}

/** The bytes may be the text of a secret, or what its text encodes. */
export function isKnownSecret(bytes: Buffer): boolean {
  if (KNOWN_BYTES.has(digest(bytes))) return true;
  return [bytes.toString('latin1'), bytes.toString('base64'), bytes.toString('hex')].some(
    isKnownText,
  );
}
