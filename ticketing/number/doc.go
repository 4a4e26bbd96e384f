// Package number turns telephone numbers as exchanges, phones and people write
// them into E.164 and back into what people read.
//
// A [Number] is one of four things: a full number (E164), a short one (an
// extension, 19801, 112), a withheld one, or something that is no number and
// of which only Raw remains. Only a full number can be matched with a contact;
// a withheld one never matches anything.
//
// It knows no citizens and no calls. Any bytes may come in.
package number
