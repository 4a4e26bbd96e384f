// Package calendar is working-time arithmetic: when a promise of so many
// hours runs out in a given zone, with given opening hours and holidays.
//
// A [Calendar] is an immutable value made by [New] from a [Spec]: a zone, the
// weekly opening windows, holidays by date and extra open days. It answers
// four questions: when has so much open time passed since an instant
// ([Calendar.Add]), how much open time lies between two instants
// ([Calendar.Between]), when does it open next ([Calendar.NextOpen]), and why
// is the answer what it is ([Calendar.Trace], [Calendar.Explain]). Pauses are
// arguments and belong to whoever asks: no calendar knows of them.
//
// # What counts
//
// An instant is open exactly if the wall clock of the calendar's zone, read at
// that instant, stands inside a window of the date it shows. A window holds
// its beginning and not its end; 24:00 is the end of a day. Counted time is
// real elapsed time. From these two sentences everything about summer time
// follows:
//
//   - A calendar open around the clock ([AlwaysOpen]) counts elapsed hours:
//     48 h across the spring change end one hour later on the wall clock,
//     across the autumn change one hour earlier.
//   - A whole day Mon–Fri 00:00–24:00 counts 24 h, or 23 h and 25 h where the
//     clock changes on that day. In Europe it changes on Sundays, so the
//     working-day clocks of the shipped profiles never meet it.
//   - Wall times that do not exist count nothing; wall times that come twice
//     count twice.
//
// A due instant is the earliest instant by which the target has been counted:
// a target that fills the day to closing time is due at closing time, not at
// the next opening.
//
// # What it refuses
//
// It knows no tickets, no promises, no storage and no present time. It works
// between [Earliest] and [Latest] and says so ([ErrRange], [ErrNever]) instead
// of looping or guessing beyond.
//
// Nothing here allocates on the way of Add and Between with up to sixteen
// pauses, and neither depends on the length of the span: open time is kept as
// running sums over weeks, exceptional days and zone changes.
package calendar
