// Package gsm counts what a text costs as SMS and makes it cheaper: the GSM
// 7-bit alphabet and UCS-2 (3GPP TS 23.038), joined messages (TS 23.040), and
// the folding of letters that the small alphabet does not have.
package gsm
