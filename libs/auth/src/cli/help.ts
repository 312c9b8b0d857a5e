export const HELP = `tokenward: keys, secrets and upkeep of Tokenward

  tokenward keys generate   makes a signing key
      --dir DIR             adds it to a key directory (for keyDirectory(DIR)); the first one signs at once
      --out FILE.pem        writes it as PEM (for JWT_PRIVATE_KEY), the public half to FILE.pub.pem
      --stdout              prints the private key as PEM, and nothing else
      --algorithm RS256     RS, PS, ES or HS with 256, 384 or 512; ES256 signs much faster than RS256
      --bits 3072           of an RSA key

  tokenward keys rotate     makes the next key: it is published now and signs after the lead time; the one before
                            verifies until its last token has expired, and is removed by a later rotation
      --dir DIR             in a key directory; processes that read it follow by themselves
      (none)                in Postgres (drizzleKeySource): DATABASE_URL and KEY_ENCRYPTION_KEYS; the first key signs at once
      --lead-time 1h        at least the cache time of the JWKS (jwks.cacheFor)
      --algorithm RS256     default: that of the current key

  tokenward keys list       every key with its phase: next, active, retired, revoked
      --dir DIR             as above; none: Postgres
      --algorithm RS256     for RSA keys in PEM, which do not name it: the same as keys.algorithm of the processes

  tokenward keys revoke KID refuses a key that leaked, for signing and verifying, everywhere, at once
      --dir DIR             marks it in a key directory, and makes a new key if no other key can sign
      --algorithm RS256     as above
      --yes                 accepts a kid that no process of this database ever had
      DATABASE_URL          if it is set, every process that shares the ledger refuses the key within a second; with
                            KEY_ENCRYPTION_KEYS the key is also marked in Postgres, and replaced if it was the last

  tokenward secret          prints a refresh-token secret for REFRESH_TOKEN_SECRET, as id:base64url
      --encryption          a key for KEY_ENCRYPTION_KEYS instead
      --hmac                a secret for JWT_SECRET instead (64 bytes, base64url)
      --id NAME             the id; default: a random one

  tokenward migrate         brings Tokenward's tables up to date
  tokenward sessions cleanup
                            removes rows of sessions that ended or expired
      --keep 30d            ... longer ago than this
  tokenward hashes wrap --table TABLE --column COLUMN --yes
                            wraps the bcrypt hashes of your users' table in Argon2id: from then on only Tokenward can
                            verify them, and the next login replaces each; it can be stopped and started again
      --id-column id        the primary key
  tokenward after-restore --yes
                            after a backup was restored: ends every session, refuses every token issued before now, and
                            revokes the signing keys of the backup (in Postgres): one may have been revoked since
      --keep-key KID        except this one; may be given several times
      --clock-tolerance 30s the one of the processes: tokens issued until now plus this time are refused, new ones too

With the database: --schema NAME and --prefix NAME of the tables, as createAuthSchema has them (the search path, auth_).
Everywhere: --json (one JSON document on standard output), --help.
The database is DATABASE_URL (or --database-url, which other users of the machine can see).
Exit codes: 0 done, 1 it failed or ended nothing, 2 wrong use.
`;
