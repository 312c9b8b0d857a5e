const api = process.env.API_URL ?? 'http://127.0.0.1:3000';

/** The browser uses one origin: no CORS is needed, and the API's cookies belong to this site. */
export default {
  rewrites: async () => [{ source: '/auth/:path*', destination: `${api}/auth/:path*` }],
};
