/* stream_session.pml: the greeting of two neighbours, as lib/stream/stream_session.c and stream_judge.c do it.
 *
 * A child (0) and a parent (1). Lines lose, repeat and delay frames by a budget; either side may restart with a fresh
 * number, or begin anew because of a gap. What each has durably written and holds grows in between; a HELLO carries
 * both as they were when it was made.
 *
 * Checked: a sound neighbour is never taken for one that went back, whatever is delayed; entries are taken in order and
 * once; when faults end both are open in the same pair of numbers and hold everything.
 *
 * -DSTALE: mutant, a HELLO is judged although it does not echo our number
 * -DKEEPNUMBER: mutant, a new session of the neighbour is judged against the number that we have used already
 * -DNOPREV: mutant, entries are taken without looking at prev
 * -DNOTAIL: mutant, no PING tells that a last frame was lost
 */
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#define WRITES 2 /* entries that each side writes */
#define Q 3

#define GREETING 0
#define OPEN 1

mtype = { HELLO, ENTRY };

/* session, echoed session; position held and written by the sender of a HELLO, or prev and lsn of an entry */
chan line[2] = [Q] of { mtype, byte, byte, byte, byte }; /* line[x] leads to x */
#define ROOM(x) (len(line[x]) < Q)
#define QUIET (len(line[0]) == 0 && len(line[1]) == 0)

byte phase[2], mine[2], theirs[2], told[2];
byte next_number[2];
byte held[2];    /* durable: of the neighbour's entries */
byte written[2]; /* durable */
byte acked[2];   /* durable: what the neighbour is known to hold */
byte sent[2];
byte took[2];    /* effects of the neighbour's entries */
byte faults, restarts;

#define OTHER(x) (1 - (x))

inline fresh(x) {
	next_number[x]++;
	mine[x] = next_number[x];
	told[x] = 0
}

/* A full line drops, as a broken connection does. */
inline put(x, kind, a, b, c, d) {
	if
	:: ROOM(OTHER(x)) -> line[OTHER(x)]!kind(a, b, c, d)
	:: !ROOM(OTHER(x)) -> skip
	fi
}

inline hello(x) {
	told[x] = theirs[x];
	put(x, HELLO, mine[x], theirs[x], held[x], written[x])
}

inline begin(x) {
	phase[x] = GREETING;
	fresh(x);
	hello(x)
}

inline judge(x, position, last) {
	assert(last >= held[x]);            /* else: the neighbour has gone back */
	assert(position >= acked[x]);       /* else: so it has */
	assert(position <= written[x]);     /* else: we have */
	phase[x] = OPEN;
	acked[x] = position;
	sent[x] = position
}

inline on_hello(x, session, echo, position, last) {
	if
	:: phase[x] == OPEN && session == theirs[x] ->
		if
		:: echo != mine[x] || x == 0 -> hello(x)
		:: else -> skip
		fi
	:: phase[x] == OPEN && session != theirs[x] ->
		theirs[x] = session;
#ifdef KEEPNUMBER
		if
		:: echo == mine[x] -> judge(x, position, last)
		:: else -> begin(x)
		fi
#else
		begin(x)
#endif
	:: phase[x] == GREETING ->
		theirs[x] = session;
		if
#ifdef STALE
		:: true -> judge(x, position, last); hello(x)
#else
		:: echo == mine[x] ->
			judge(x, position, last);
			if
			:: told[x] != theirs[x] -> hello(x)
			:: else -> skip
			fi
		:: else -> hello(x)
#endif
		fi
	fi
}

inline on_entry(x, session, echo, prev, lsn) {
	if
	:: phase[x] == OPEN && session == theirs[x] && echo == mine[x] ->
		if
#ifdef NOPREV
		:: lsn > held[x] -> took[x]++; held[x] = lsn
#else
		:: prev == held[x] -> took[x]++; held[x] = lsn
#endif
		:: lsn <= held[x] -> skip
		:: else -> begin(x)
		fi
	:: else -> skip
	fi
}

proctype Side(byte x) {
	byte session, echo, a, b;
	mtype kind;
end:	do
	:: atomic { len(line[x]) > 0 -> line[x]?kind(session, echo, a, b);
		if
		:: kind == HELLO -> on_hello(x, session, echo, a, b)
		:: kind == ENTRY -> on_entry(x, session, echo, a, b)
		fi;
		session = 0; echo = 0; a = 0; b = 0; kind = 0 }
	:: atomic { written[x] < WRITES -> written[x]++ }
	:: atomic { phase[x] == OPEN && sent[x] < written[x] && ROOM(OTHER(x)) ->
		put(x, ENTRY, mine[x], theirs[x], sent[x], sent[x] + 1);
		sent[x]++ }
	/* a process restarts: durable things stay */
	:: atomic { restarts < RESTARTS -> restarts++; theirs[x] = 0; begin(x) }
	/* its timer greets again */
	:: atomic { phase[x] == GREETING && QUIET -> hello(x) }
	/* a PING shows a loss, or silence that the numbers do not match: begin anew */
	:: atomic { phase[x] == OPEN && QUIET && phase[OTHER(x)] == OPEN &&
		(
#ifndef NOTAIL
		 sent[OTHER(x)] > held[x] ||
#endif
		 mine[OTHER(x)] != theirs[x] || theirs[OTHER(x)] != mine[x]) -> begin(x) }
	od
}

/* Loses a frame, repeats it, or lets the next one overtake it. */
proctype Weather(byte x) {
	byte a, b, c, d;
	mtype kind;
end:	do
	:: atomic { faults < FAULTS && len(line[x]) > 0 -> faults++; line[x]?kind(a, b, c, d);
		if
		:: skip
		:: line[x]!kind(a, b, c, d)
		:: ROOM(x) && len(line[x]) + 1 < Q -> line[x]!kind(a, b, c, d); line[x]!kind(a, b, c, d)
		fi;
		a = 0; b = 0; c = 0; d = 0; kind = 0 }
	od
}

active proctype Rest() {
	atomic { timeout ->
		assert(phase[0] == OPEN && phase[1] == OPEN);
		assert(mine[0] == theirs[1] && mine[1] == theirs[0]);
		assert(held[0] == written[1] && held[1] == written[0]);
		assert(took[0] == written[1] && took[1] == written[0])
	}
}

init {
	atomic { run Side(0); run Side(1); run Weather(0); run Weather(1); begin(0) }
}
