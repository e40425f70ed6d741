/* command.pml: one command and one recipient, at three centers in a line (0 its issuer - 1 on the way - 2 where the
 * recipient is), as lib/center/center_command*.c and center_sheet.c move them by lib/domain/command_step.h. A step is a
 * commit. Events of the command (1 its issue, 2 its cancel) go down, events of the sheet go up; the streams bring each in
 * order and once, as stream_session.pml shows, but an entry may be set aside and come again, and a repair repeats one.
 *
 * Checked (custody.md rule 18): the receipt has one writer; its states follow each other by rank, and nothing expired is
 * signed later, at its writer and in every copy; copies are prefixes; a signature that was answered stands in the log; a
 * command that came too late is never delivered; at rest every copy is whole and a cancel has reached whoever had not
 * ended.
 *
 * -DISSUEREXPIRES: mutant, the issuer writes "expired" for whom it has not heard of
 * -DLATEACK: mutant, a signature is taken without looking whether the receipt has ended
 * -DTWOWRITERS: mutant, the center on the way signs for the recipient on its own copy
 * -DDROPEARLY: mutant, a cancel that comes before its command is not kept
 * -DREPEATED: mutant, an event of the command that was applied before is applied again
 * -DLATEDELIVERY: mutant, a command that comes after its expiry is delivered
 */
#ifndef ASIDES
#define ASIDES 2
#endif
#ifndef REPEATS
#define REPEATS 1
#endif
#ifndef ACTS
#define ACTS 3 /* what the recipient tries, at most */
#endif
#define EVENTS 6
#define Q 6

#define ISSUE 1
#define CANCEL 2

#define NOTHING 0 /* of a copy: issued, not heard */
#define DELIVERED 1
#define ACKED 2
#define DONE 3
#define CANCELLED 4
#define EXPIRED 5

#define ENDED(s) (s == DONE || s == CANCELLED || s == EXPIRED)
#define FOLLOWS(a, b) ((a == NOTHING && (b == DELIVERED || b == EXPIRED)) || \
	(a == DELIVERED && (b == ACKED || b == CANCELLED || b == EXPIRED)) || \
	(a == ACKED && (b == DONE || b == CANCELLED)))

chan down[2] = [Q] of { byte }; /* down[c] leads from c to c + 1 */
chan up[2] = [Q] of { byte };   /* up[c] leads from c + 1 to c */
byte log[EVENTS + 1], written;  /* the sheet */
byte view[3], count[3];         /* each center's copy of the receipt; center 2's is the receipt itself */
byte have[3];                   /* events of the command that each center has applied */
byte early[3];                  /* one that came before its turn, kept by id */
byte aside[3];                  /* one that was set aside, until the repair */
byte asides, repeats, acts;
bool expired;  /* the moment has passed */
bool answered; /* a person was told that he has signed */

#define QUIET (len(down[0]) == 0 && len(down[1]) == 0 && len(up[0]) == 0 && len(up[1]) == 0 && \
	aside[1] == 0 && aside[2] == 0)

inline learn(c, no) {
	assert(no == count[c] + 1 && FOLLOWS(view[c], log[no]));
	count[c] = no;
	view[c] = log[no];
	if
	:: c > 0 -> up[c - 1]!no
	:: else -> skip
	fi
}

/* Center 2 alone does this. */
inline write(state) {
	assert(written < EVENTS);
	written++;
	log[written] = state;
	learn(2, written)
}

inline deliver() {
	if
#ifdef LATEDELIVERY
	:: true -> assert(!expired); write(DELIVERED)
#else
	:: expired -> write(EXPIRED)
	:: !expired -> write(DELIVERED)
#endif
	fi
}

inline apply(c, no) {
	have[c] = no;
	if
	:: c < 2 -> down[c]!no
	:: c == 2 && no == ISSUE -> deliver()
	:: c == 2 && no == CANCEL && !ENDED(view[2]) -> write(CANCELLED)
	:: else -> skip
	fi
}

inline apply_early(c) {
	if
	:: early[c] == have[c] + 1 -> early[c] = 0; apply(c, CANCEL)
	:: else -> skip
	fi
}

inline take(c, no) {
	if
	:: no == have[c] + 1 && asides < ASIDES -> asides++; aside[c] = no
	:: no == have[c] + 1 -> apply(c, no); apply_early(c)
	:: no > have[c] + 1 ->
#ifndef DROPEARLY
		early[c] = no
#else
		skip
#endif
	:: no <= have[c] ->
#ifdef REPEATED
		apply(c, no)
#else
		skip
#endif
	fi
}

/* What is set aside is asked for again and comes right. */
inline repair(c) {
	if
	:: aside[c] == have[c] + 1 -> apply(c, aside[c])
	:: else -> skip /* it came by another way meanwhile */
	fi;
	aside[c] = 0;
	apply_early(c)
}

active proctype issuer() {
	byte no;
	atomic { apply(0, ISSUE) };
end:
	do
	:: atomic { have[0] == ISSUE -> apply(0, CANCEL) }
	:: atomic { up[0]?no -> learn(0, no) }
#ifdef ISSUEREXPIRES
	:: atomic { expired && view[0] == NOTHING -> view[0] = EXPIRED }
#endif
	od
}

active proctype way() {
	byte no;
end:
	do
	:: atomic { down[0]?no -> take(1, no) }
	:: atomic { aside[1] != 0 -> repair(1) }
	:: atomic { up[1]?no -> learn(1, no) }
	/* a repair repeats what went down before */
	:: atomic { repeats < REPEATS && have[1] > 0 && len(down[1]) < Q -> repeats++; down[1]!ISSUE }
#ifdef TWOWRITERS
	:: atomic { view[1] == DELIVERED -> count[1]++; view[1] = ACKED }
#endif
	od
}

active proctype place() {
	byte no;
end:
	do
	:: atomic { down[1]?no -> take(2, no) }
	:: atomic { aside[2] != 0 -> repair(2) }
	:: atomic { expired && view[2] == DELIVERED -> write(EXPIRED) } /* the timer */
#ifdef LATEACK
	:: atomic { acts < ACTS && have[2] > 0 && view[2] != ACKED -> acts++; answered = true; write(ACKED) }
#else
	:: atomic { acts < ACTS && view[2] == DELIVERED && !expired -> acts++; answered = true; write(ACKED) }
#endif
	:: atomic { acts < ACTS && view[2] == ACKED -> acts++; write(DONE) }
	od
}

active proctype time() {
	expired = true
}

/* At rest: nothing is on its way, and the clock has run out. */
active proctype rest() {
	byte i, acks;
	atomic {
		timeout;
		assert(QUIET);
		assert(have[0] == have[1] && have[1] == have[2] && early[1] == 0 && early[2] == 0);
		assert(count[0] == written && count[1] == written && view[0] == view[2] && view[1] == view[2]);
		assert(have[2] < CANCEL || ENDED(view[2]));
		for (i : 1 .. EVENTS) {
			acks = acks + (i <= written && log[i] == ACKED -> 1 : 0)
		}
		assert(acks == (answered -> 1 : 0))
	}
}
