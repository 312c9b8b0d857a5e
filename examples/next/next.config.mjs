const api = process.env.API_URL ?? 'http://127.0.0.1:3000';

/** The browser talks to one origin: no CORS, and the API's cookies are this site's. */
export default {
  rewrites: async () => [{ source: '/auth/:path*', destination: `${api}/auth/:path*` }],
};
