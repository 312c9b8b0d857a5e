/*
 * What a heartbeat of the feed proves (docs/revocation.md). Ledger rows are bits; a revocation is acknowledged once its row is committed, whether or
 * not the feed has it. Steps copy rows into the feed and append heartbeats; a reader follows, and dates its proof. There is no clock: an instant is
 * the set of what was acknowledged by then, and `proven` must be in the reader's view.
 * Each -D takes one rule out; the model must then fail (tools/model.mjs).
 */
#ifndef ROWS
#define ROWS 2
#endif
#ifndef BEATS
#define BEATS 4
#endif
#ifndef READS
#define READS 4
#endif
#define LENGTH (ROWS + BEATS + 2)
#define BEAT 128

/* PostgreSQL: what is committed is acknowledged in the same instant, the earliest that it can be. */
byte acknowledged;

/* Redis: rows are their bits, heartbeats BEAT + id. Of each heartbeat: the one before it, and which rows stand before it. */
byte stream[LENGTH];
byte length;
byte prev[BEATS + 2];
byte holds[BEATS + 2];
byte head;
byte lastId;
byte failovers;

proctype Revocations() {
  byte row = 1;
  do
  :: row < (1 << ROWS) -> atomic { acknowledged = acknowledged | row; row = row << 1 }
  :: else -> break
  od
}

/* Any process may take the step; two do at once. */
proctype Steps() {
  byte seen, snapshot, missing, row, published;
  do
  :: lastId < BEATS ->
#ifdef SNAPSHOT_FIRST
    snapshot = acknowledged;
    seen = head;
#else
    /* rule: the snapshot is taken after Redis acknowledged the heartbeat before */
    seen = head;
    snapshot = acknowledged;
#endif
    atomic {
      if
#ifdef NO_HEAD_CHECK
      :: lastId < BEATS ->
#else
      /* rule: rows and heartbeat are appended only if the head still is the one that was seen */
      :: lastId < BEATS && head == seen ->
#endif
#ifdef NO_REFILL
        missing = snapshot & ~published;
#else
        /* rule: what the feed lacks is published, whoever lost it */
        missing = snapshot & ~holds[head];
#endif
        published = published | missing;
        row = 1;
        do
        :: row < (1 << ROWS) ->
          if
          :: missing & row -> stream[length] = row; length++
          :: else
          fi;
          row = row << 1
        :: else -> break
        od;
        lastId++;
        prev[lastId] = head;
        holds[lastId] = holds[head] | snapshot;
        stream[length] = BEAT + lastId;
        length++;
        head = lastId
      :: else
      fi;
      row = 0; missing = 0; snapshot = 0; seen = 0
    }
  :: lastId >= BEATS -> break
  od
}

/* A replica that lags is promoted: the end of the stream is gone, and what is appended next may take its place. */
proctype Failover() {
  atomic {
    length > 1 -> failovers++;
    do
    :: length > 1 -> length--; stream[length] = 0
    :: break
    od;
    byte at = length;
    head = 0;
    do
    :: at > 0 && stream[at - 1] > BEAT -> head = stream[at - 1] - BEAT; break
    :: at > 0 && stream[at - 1] < BEAT -> at--
    :: at == 0 -> break
    od;
    at = 0
  }
}

proctype Reader() {
  byte cursor, view, last, reads, sentNow, sentBefore, entry, until, dated, proven;
  bool knowsDate, nowWhole, beforeWhole, isDated;
  do
  :: reads < READS ->
    atomic { sentBefore = sentNow; beforeWhole = nowWhole; sentNow = acknowledged; reads++ }
    atomic {
      /* the reply: all that there is, or cut short */
      until = length;
      nowWhole = true;
      do
      :: until > cursor + 1 -> until--; nowWhole = false
      :: break
      od;
      /* rule: what was first seen in this reply may have been there long before, if the last one was cut short */
#ifdef CUT_REPLY_COUNTS
      knowsDate = reads > 1;
#else
      knowsDate = reads > 1 && beforeWhole;
#endif
      do
      :: cursor < until ->
        entry = stream[cursor];
        cursor++;
        if
        :: entry < BEAT -> view = view | entry
        :: else ->
          entry = entry - BEAT;
          if
#ifdef NO_LINK_CHECK
          :: last ->
#else
          /* rule: a missed link proves nothing */
          :: last && prev[entry] == last ->
#endif
            if
            :: isDated -> proven = proven | dated
            :: else
            fi
#ifndef NO_LINK_CHECK
          :: last && prev[entry] != last ->
            /* all that the feed holds, from its index; views only add */
            view = view | holds[head];
            cursor = length;
            until = length;
            entry = head;
            /* careful: what may have been missed is not dated by the reply that shows it */
            knowsDate = false
#endif
          :: !last
          fi;
          last = entry;
#ifdef DATED_BY_OWN_READ
          isDated = true;
          dated = sentNow
#else
          /* rule: the date is the sending of the read before the one that first showed it */
          isDated = knowsDate && entry != 0;
          dated = (isDated -> sentBefore : 0)
#endif
        fi
      :: else -> break
      od;
      entry = 0;
      until = 0;
#ifdef WITNESS
      assert(!proven)
#else
      assert((proven & ~view) == 0)
#endif
    }
  :: else -> break
  od
}

init {
  atomic {
    lastId = 1;
    head = 1;
    stream[0] = BEAT + 1;
    length = 1;
    run Revocations();
    run Steps();
    run Steps();
    run Failover();
    run Reader()
  }
}
