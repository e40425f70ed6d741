/* mode.pml: peace and war at three centers in a line (0 district - 1 street - 2 community), as
 * lib/center/center_alert.c and alert_in_force (lib/domain/response.h) do it. The district has one order, the street
 * another; each has an absolute end and a lease, which its issuer renews for as long as the order stands. The journal is
 * the queue: what cannot go over a cut link waits there. A tick is an hour of the lease; what is on its way over a link
 * that stands arrives within it, and an issuer renews in time.
 *
 * Checked (custody.md rule 19): an order is in force nowhere at or after its end; a center that is cut off falls back by
 * itself within a lease after the order was ended elsewhere, and sooner than that never while its links stand; the
 * higher issuer's order decides where both are in force; with all links up and nothing on its way, everybody agrees.
 *
 * -DNOLEASE: mutant, an order is in force until its end
 * -DFROMARRIVAL: mutant, the lease is counted from when it arrives
 * -DRENEWENDED: mutant, the issuer renews what it has ended
 * -DBEYONDEND: mutant, a renewal may go beyond the end, and nobody looks at the end
 * -DNORENEW: mutant, nobody renews
 * -DLASTWINS: mutant, the order that came last decides
 */
#ifndef HOURS
#define HOURS 7
#endif
#ifndef CUTS
#define CUTS 2
#endif
#define LEASE 3
#define Q 10

#define ORDER 0
#define RENEW 1
#define END 2

#define LAST(issuer) (5 + issuer) /* the end of its order */
#define NONE 9

chan line[2] = [Q] of { byte, byte, byte }; /* line[c] leads to c + 1: what, issuer, lease */
bool cut[2];
byte now, cuts;
bool began[2], ended[2]; /* at the issuer */
byte ended_at[2];
/* what each center knows; index center * 2 + issuer */
bool known[6], over[6];
byte lease[6];
byte latest[3]; /* which order came last */

#define AT(c, issuer) (c * 2 + issuer)
#ifdef NOLEASE
#define FORCE(c, i) (known[AT(c, i)] && !over[AT(c, i)] && now < LAST(i))
#else
#ifdef BEYONDEND
#define FORCE(c, i) (known[AT(c, i)] && !over[AT(c, i)] && now < lease[AT(c, i)])
#else
#define FORCE(c, i) (known[AT(c, i)] && !over[AT(c, i)] && now < lease[AT(c, i)] && now < LAST(i))
#endif
#endif
#ifdef LASTWINS
#define DECIDES(c) (FORCE(c, latest[c]) -> latest[c] : (FORCE(c, 1 - latest[c]) -> 1 - latest[c] : NONE))
#else
#define DECIDES(c) (FORCE(c, 0) -> 0 : (FORCE(c, 1) -> 1 : NONE))
#endif
#define ARRIVED(l) (cut[l] || len(line[l]) == 0)
/* within the last hour of a lease that its issuer still wants */
#define DUE(i) (began[i] && !ended[i] && now < LAST(i) && lease[AT(i, i)] < LAST(i) && lease[AT(i, i)] <= now + 1)

inline apply(c, what, i, until) {
	if
	:: what == END -> over[AT(c, i)] = true
#ifdef FROMARRIVAL
	:: what != END -> known[AT(c, i)] = true; lease[AT(c, i)] = now + LEASE
#else
	:: what != END -> known[AT(c, i)] = true; lease[AT(c, i)] = until
#endif
	fi;
	if
	:: what == ORDER -> latest[c] = i
	:: else -> skip
	fi;
	if
	:: c < 2 -> assert(len(line[c]) < Q); line[c]!what(i, until)
	:: else -> skip
	fi
}

/* Says what the issuer orders or renews, with the lease that begins now. */
inline say(what, i) {
#ifdef BEYONDEND
	next = now + LEASE;
#else
	next = LAST(i);
	if
	:: now + LEASE < LAST(i) -> next = now + LEASE
	:: else -> skip
	fi;
#endif
	apply(i, what, i, next)
}

inline issue(i) {
	began[i] = true;
	say(ORDER, i)
}

inline finish(i) {
	ended[i] = true;
	ended_at[i] = now;
	apply(i, END, i, 0)
}

inline judge(c, i) {
	assert(!FORCE(c, i) || now < LAST(i));
	assert(!FORCE(c, i) || !ended[i] || now < ended_at[i] + LEASE);
	assert(!FORCE(c, 0) || DECIDES(c) == 0)
}

/* Where everything has arrived: the same is in force as at the issuer. */
inline agree(c, i) {
	assert(FORCE(c, i) == FORCE(i, i))
}

inline judge_all() {
	judge(0, 0);
	judge(1, 0);
	judge(2, 0);
	judge(1, 1);
	judge(2, 1);
	if
	:: !cut[0] && len(line[0]) == 0 ->
		agree(1, 0);
		if
		:: !cut[1] && len(line[1]) == 0 -> agree(2, 0); agree(2, 1)
		:: else -> skip
		fi
	:: else -> skip
	fi;
	/* with its links never cut an order that stands is in force at its issuer without a gap */
	assert(!began[0] || ended[0] || now >= LAST(0) || FORCE(0, 0));
	assert(!began[1] || ended[1] || now >= LAST(1) || FORCE(1, 1))
}

active proctype world() {
	byte what, i, until, next;
end:
	do
	:: atomic { !began[0] && now < 2 -> issue(0); judge_all() }
	:: atomic { !began[1] && now < 3 -> issue(1); judge_all() }
	:: atomic { began[0] && !ended[0] -> finish(0); judge_all() }
	:: atomic { began[1] && !ended[1] -> finish(1); judge_all() }
#ifndef NORENEW
#ifdef RENEWENDED
	:: atomic { began[0] && now < LAST(0) && lease[0] < LAST(0) && lease[0] <= now + 1 -> over[0] = false; say(RENEW, 0); over[AT(0, 0)] = false; judge_all() }
#else
	:: atomic { DUE(0) -> say(RENEW, 0); judge_all() }
#endif
	:: atomic { DUE(1) -> say(RENEW, 1); judge_all() }
#endif
	:: atomic { !cut[0] && len(line[0]) > 0 -> line[0]?what(i, until); apply(1, what, i, until); judge_all() }
	:: atomic { !cut[1] && len(line[1]) > 0 -> line[1]?what(i, until); apply(2, what, i, until); judge_all() }
	:: atomic { !cut[0] && cuts < CUTS -> cuts++; cut[0] = true }
	:: atomic { !cut[1] && cuts < CUTS -> cuts++; cut[1] = true }
	:: atomic { cut[0] -> cut[0] = false }
	:: atomic { cut[1] -> cut[1] = false }
	:: atomic {
#ifdef NORENEW
		now < HOURS && ARRIVED(0) && ARRIVED(1) ->
#else
		now < HOURS && ARRIVED(0) && ARRIVED(1) && !DUE(0) && !DUE(1) ->
#endif
		now++;
		judge_all()
	}
	od
}
