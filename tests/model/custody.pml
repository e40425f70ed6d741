/* custody.pml: one case at three centers in a line (0 community - 1 street - 2 district), as lib/center moves it and
 * tests/sim/sim_custody.h simulates it. A step is a commit: an entry leaves the stream together with its effects, which
 * is what stream_session.pml and the simulation show of the stream. A crash between commits is then a step that comes
 * late, and needs no action of its own.
 *
 * Checked: one owner or one hand-over in flight; only the owner writes, at the head; copies are prefixes (an event comes
 * exactly when it is next); no key is decided twice; at rest every copy is whole, no request waits, and each request
 * whose author was told "accepted" is decided.
 *
 * -DOLDOWNER: mutant, the old owner writes on after its hand-over
 * -DFORGETKEY: mutant, the owner does not look whether the key was decided
 * -DDROP: mutant, who is not the owner drops a request
 * -DNOTKEPT: mutant, a new owner does not decide what it kept, and a request is passed on only once
 * -DANYACCEPT: mutant, an accept of an older offer moves the case, whoever owns it by then
 */
#ifndef EVENTS
#define EVENTS 7 /* of the case, at most */
#endif
#ifndef OFFERS
#define OFFERS 2
#endif
#ifndef WORKS
#define WORKS 1
#endif
#ifndef CUTS
#define CUTS 1
#endif
#define KEYS 2
#define Q 12

#define NOBODY 9
#define WORK 0
#define OFFER 1
#define HAND 2
#define DECIDE 3
#define EVENT 4
#define REQUEST 5
#define ACCEPT 6

#define NEAR(a, b) (a != b && (a == 1 || b == 1))
#define HOP(from, to) (from == 1 -> to : 1)
#define LINK(a, b) ((a + b) / 2) /* 0-1: 0, 1-2: 1 */
#define BIT(k) (1 << k)

chan cases[9] = [Q] of { byte, byte }; /* from * 3 + to */
chan talk[9] = [Q] of { byte };
byte kind[EVENTS + 1], arg[EVENTS + 1], writer[EVENTS + 1]; /* the log, from 1 */
byte written, owner;                                        /* the truth */
byte count[3], view[3], kept[3], known[3];                  /* each center's copy */
byte decided[KEYS], accepted, submitted;
byte offers, works, cuts;
bool down[2];
bool cramped; /* the log has no room for more: the end of such a run is not judged */

inline tell(c, what, value, except) {
	if
	:: c == 1 ->
		if
		:: except != 0 -> assert(len(cases[3]) < Q); cases[3]!what(value)
		:: else -> skip
		fi;
		if
		:: except != 2 -> assert(len(cases[5]) < Q); cases[5]!what(value)
		:: else -> skip
		fi
	:: c != 1 && except != 1 -> assert(len(cases[c * 3 + 1]) < Q); cases[c * 3 + 1]!what(value)
	:: else -> skip
	fi
}

inline apply(c, no, from) {
	assert(no == count[c] + 1);
	count[c] = no;
	if
	:: kind[no] == HAND ->
		view[c] = arg[no];
		if
		:: arg[no] == c -> assert(owner == NOBODY); owner = c
		:: else -> skip
		fi
	:: kind[no] == DECIDE ->
		known[c] = known[c] | BIT(arg[no]);
		kept[c] = kept[c] & (255 - BIT(arg[no]))
	:: else -> skip
	fi;
	tell(c, EVENT, no, from)
}

inline write(c, what, value) {
	if
	:: written < EVENTS ->
		assert(owner == c && count[c] == written);
		written++;
		kind[written] = what;
		arg[written] = value;
		writer[written] = c;
		if
		:: what == HAND -> owner = NOBODY
		:: what == DECIDE -> decided[value]++; assert(decided[value] == 1)
		:: else -> skip
		fi;
		apply(c, written, NOBODY)
	:: else -> cramped = true
	fi
}

inline decide_kept(c) {
	if
	:: view[c] == c && (kept[c] & 1) -> write(c, DECIDE, 0)
	:: else -> skip
	fi;
	if
	:: view[c] == c && (kept[c] & 2) -> write(c, DECIDE, 1)
	:: else -> skip
	fi
}

inline request(c, key, from) {
	if
#ifndef FORGETKEY
	:: known[c] & BIT(key) -> skip
	:: !(known[c] & BIT(key)) && view[c] == c -> write(c, DECIDE, key)
	:: !(known[c] & BIT(key)) && view[c] != c ->
#else
	:: view[c] == c -> write(c, DECIDE, key)
	:: view[c] != c ->
#endif
#ifdef DROP
		if
		:: from == NOBODY -> kept[c] = kept[c] | BIT(key); cases[c * 3 + HOP(c, view[c])]!REQUEST(key)
		:: else -> skip
		fi
#else
#ifdef NOTKEPT
		if
		:: kept[c] & BIT(key) -> skip
		:: else -> kept[c] = kept[c] | BIT(key); cases[c * 3 + HOP(c, view[c])]!REQUEST(key)
		fi
#else
		kept[c] = kept[c] | BIT(key);
		assert(len(cases[c * 3 + HOP(c, view[c])]) < Q);
		cases[c * 3 + HOP(c, view[c])]!REQUEST(key)
#endif
#endif
	fi
}

inline on_event(c, no, from) {
	apply(c, no, from);
	if
	:: kind[no] == HAND && arg[no] == c ->
#ifndef NOTKEPT
		decide_kept(c)
#else
		skip
#endif
	:: kind[no] == OFFER && arg[no] == c && writer[no] == from ->
		if
		:: talk[c * 3 + from]!no
		:: skip /* declined, or nobody able to act */
		fi
	:: else -> skip
	fi
}

inline on_accept(c, no, from) {
	if
#ifdef ANYACCEPT
	:: !down[LINK(c, from)] -> write(c, HAND, from)
#else
	:: view[c] == c && count[c] == no && !down[LINK(c, from)] -> write(c, HAND, from)
#endif
	:: else -> skip
	fi
}

#ifdef OLDOWNER
#define MAY_WRITE(c) (view[c] == c || (count[c] > 0 && kind[count[c]] == HAND && writer[count[c]] == c))
#else
#define MAY_WRITE(c) (view[c] == c)
#endif

proctype Center(byte c) {
	byte what, value;
end:	do
	:: atomic { MAY_WRITE(c) && works < WORKS -> works++; write(c, WORK, 0) }
	:: atomic { view[c] == c && offers < OFFERS && c != 1 && !down[LINK(c, 1)] -> offers++; write(c, OFFER, 1) }
	:: atomic { view[c] == c && offers < OFFERS && c == 1 && !down[0] -> offers++; write(c, OFFER, 0) }
	:: atomic { view[c] == c && offers < OFFERS && c == 1 && !down[1] -> offers++; write(c, OFFER, 2) }
	/* a person at the community and one at the district, each asks once with a key and once more with the same */
	:: atomic { c == 0 && (submitted & 3) != 3 && count[c] > 0 ->
		submitted = ((submitted & 1) -> (submitted | 2) : (submitted | 1));
		request(c, 0, NOBODY); accepted = accepted | 1 }
	:: atomic { c == 2 && !(submitted & 4) && count[c] > 0 ->
		submitted = submitted | 4; request(c, 1, NOBODY); accepted = accepted | 2 }
	:: atomic { c != 1 && !down[LINK(c, 1)] && nempty(cases[3 + c]) -> cases[3 + c]?what(value);
		if
		:: what == EVENT -> on_event(c, value, 1)
		:: what == REQUEST -> request(c, value, 1)
		fi; what = 0; value = 0 }
	:: atomic { c == 1 && !down[0] && nempty(cases[1]) -> cases[1]?what(value);
		if
		:: what == EVENT -> on_event(c, value, 0)
		:: what == REQUEST -> request(c, value, 0)
		fi; what = 0; value = 0 }
	:: atomic { c == 1 && !down[1] && nempty(cases[7]) -> cases[7]?what(value);
		if
		:: what == EVENT -> on_event(c, value, 2)
		:: what == REQUEST -> request(c, value, 2)
		fi; what = 0; value = 0 }
	:: atomic { c != 1 && !down[LINK(c, 1)] && nempty(talk[3 + c]) -> talk[3 + c]?value; on_accept(c, value, 1); value = 0 }
	:: atomic { c == 1 && !down[0] && nempty(talk[1]) -> talk[1]?value; on_accept(c, value, 0); value = 0 }
	:: atomic { c == 1 && !down[1] && nempty(talk[7]) -> talk[7]?value; on_accept(c, value, 2); value = 0 }
	od
}

active proctype Weather() {
end:	do
	:: atomic { cuts < CUTS && !down[0] -> cuts++; down[0] = true }
	:: atomic { cuts < CUTS && !down[1] -> cuts++; down[1] = true }
	:: atomic { down[0] -> down[0] = false }
	:: atomic { down[1] -> down[1] = false }
	od
}

active proctype Rest() {
	atomic { timeout ->
		if
		:: cramped -> skip
		:: else ->
			assert(owner != NOBODY && view[owner] == owner);
			assert(count[0] == written && count[1] == written && count[2] == written);
			assert(kept[0] == 0 && kept[1] == 0 && kept[2] == 0);
			assert(!(accepted & 1) || decided[0] == 1);
			assert(!(accepted & 2) || decided[1] == 1)
		fi
	}
}

#define OWNERS ((view[0] == 0 && count[0] > 0) + (view[1] == 1 && count[1] > 0) + (view[2] == 2 && count[2] > 0))
/* A second look, from the copies alone. */
active proctype Watch() {
end:	atomic { OWNERS > 1 || (written > 0 && OWNERS == 0 && kind[written] != HAND) -> assert(false) }
}

init {
	atomic { owner = 0; view[0] = 0; view[1] = 0; view[2] = 0; write(0, WORK, 0);
		run Center(0); run Center(1); run Center(2) }
}
