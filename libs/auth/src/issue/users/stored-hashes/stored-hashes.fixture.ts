/** Hashes of "correct horse", made by each framework's own code (ASP.NET: of "my password", from its test suite). */
export const VECTORS: readonly (readonly [string, string])[] = [
  ['bcrypt $2a$', '$2a$04$CG3bhVC/DOVmu2wpN7mxOu8cxpDqlIRfQ3x6jdoDOydTjRnl5ESnG'],
  ['bcrypt $2b$', '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK'],
  ['bcrypt $2y$', '$2y$04$.qw/ZFnnnbyuQF0yg2.weuHJDVoOFCXvhM2xKVK5oEGHYdYR9Di1W'],
  ['passlib bcrypt', '$2b$04$NjMygdguGmMMMtauPXd2XuUzKgw/sbnSaqnwC3famM5GwxWfBNXMG'],
  [
    'passlib bcrypt-sha256',
    '$bcrypt-sha256$v=2,t=2b,r=4$qXB2AnLdge1oBtmZN1U4c.$u6KH7vGG3xc7oa09gFcGJAcMC33GHN.',
  ],
  ['Django bcrypt', 'bcrypt$$2b$04$yW1M9LI50eFzrrihAtb0R.O13rhmxTc6MBUkqdC95imGaodhDumCO'],
  [
    'Django bcrypt_sha256',
    'bcrypt_sha256$$2b$04$nbwDv0.3jkFdSnJsOR8xme3RzkEPJlVf0oXAsa1blsfFVwlw38nMq',
  ],
  [
    'passlib scrypt',
    '$scrypt$ln=10,r=8,p=1$do7xfi8lBEAoxRjDeG+NEQ$PbHsa9ixUqduK+Jym9oSMY5J/o1tet4yqnADvwLgLN0',
  ],
  [
    'Werkzeug scrypt',
    'scrypt:16384:8:1$1k0J6dKbxMZs0I9i$6caaae18e6b21ad5b31e1200eacc51746d9c2b4646f6ba4b275fb9d1d794e6c8d7de3beb6dd888f7bd1f8c1db10bcd563c16b0d44c25e006f6ba23813d6f2258',
  ],
  [
    'Django scrypt',
    'scrypt$16384$Q1w2E3r4T5y6U7i8$8$5$6hZbzcz8amaNxTQEpx+8DLlBRnT9x3J00yjfavuw+C+hUaFKEsjrelv1Zdc0k/zEvfY8rFJUMazZQWoGxx3k3A==',
  ],
  [
    'Django pbkdf2_sha256',
    'pbkdf2_sha256$2000$6l6lUfWBSKzItsZC2VR0tM$nznbsos5c1WavqtEF0nYt/Xp3j0/vfXE1cB1yuHH+Kk=',
  ],
  ['Django pbkdf2_sha1', 'pbkdf2_sha1$2000$ut6GEvjm6435z7oDCBYX4K$e3ekLYmXgZ3bNVOpJ5d3NSXDnn8='],
  [
    'passlib pbkdf2-sha256',
    '$pbkdf2-sha256$2000$H6N07l3LeS.lFKIUwrh3Tg$CGRXN4fFoGBIn.K2mHazcEOQRPY55y6WELSl477elpA',
  ],
  [
    'PHC pbkdf2-sha256',
    '$pbkdf2-sha256$i=2000,l=32$H6N07l3LeS+lFKIUwrh3Tg$CGRXN4fFoGBIn+K2mHazcEOQRPY55y6WELSl477elpA',
  ],
  [
    'passlib pbkdf2-sha512',
    '$pbkdf2-sha512$2000$.9.7l3JOSWkNwXiv1VqL8Q$Cr8xQvaN/wFRSCuCUfPFMygjf3og6RMBUIpUDUMpdYb97OoC7yMzz5JvARjYAIqvNlQsxFpNiURIcTljur3iWQ',
  ],
  ['passlib pbkdf2 (SHA-1)', '$pbkdf2$2000$17q3lpJSKqVUam3NWetdqw$Pvg35t4pLyl4t4lHY/Pf70A.3Gc'],
  [
    'Werkzeug pbkdf2',
    'pbkdf2:sha256:50000$zjYcSoSf0tqanLS5$c10b3e62d609cecffc1eb9b05649a18a5b5912179d57ad89c8a3085e51c76dbe',
  ],
  [
    'Django argon2',
    'argon2$argon2id$v=19$m=1024,t=2,p=8$TnJBdVl1anhxdkFYZ3RjT3BUN3p4SA$GOvrl9LF763JDtNfZePP6A',
  ],
  [
    'passlib bcrypt-sha256, version 1',
    '$bcrypt-sha256$2b,4$gCgIpSb3LIvBjUSsYn5B8u$w7R2vxsRV5lz7GkJbBphlTk2Q9zk7sS',
  ],
  ['argon2i', '$argon2i$v=19$m=64,t=1,p=1$d4HBjxpW2Qg$vDA32One94FUIvbjOWAUJw'],
  ['argon2d', '$argon2d$v=19$m=64,t=1,p=1$KW9kv+KweHg$ssPqdebuOMwPFQDtPlZCBQ'],
  [
    'argon2id of other parameters',
    '$argon2id$v=19$m=64,t=1,p=1$JLAKULsy/Z8$Q7VmZ3sMWdKpD+HCC+8+4Q',
  ],
];
export const ASP_NET = 'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw';
