package gsm

import "unicode/utf16"

// An Encoding is how the letters of an SMS are written.
type Encoding string

// The encodings.
const (
	GSM7 Encoding = "GSM-7" // every letter of the text is in the 7-bit alphabet
	UCS2 Encoding = "UCS-2" // one that is not makes all of them 16 bits wide
)

// Room of one message, in units of its encoding: alone, and as part of a joined
// one, which carries a header of six octets (TS 23.040 §9.2.3.24.1).
const (
	alone7, joined7   = 160, 153
	alone16, joined16 = 70, 67
)

// A Size is what a text takes as SMS.
type Size struct {
	Encoding Encoding
	Units    int // septets of GSM-7, 16-bit units of UCS-2
	Parts    int // messages that are sent and paid for; 0 for an empty text
	Left     int // units that still fit into the last part
}

// basic is the default alphabet (TS 23.038 §6.2.1): one septet each.
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
	"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// extended needs the escape before it (TS 23.038 §6.2.1.1): two septets each.
const extended = "\f^{}\\[~]|€"

// septets gives how many septets each letter of the alphabet takes.
var septets = func() map[rune]int {
	m := map[rune]int{}
	for _, r := range basic {
		m[r] = 1
	}
	for _, r := range extended {
		m[r] = 2
	}
	return m
}()

// Count gives the size of a text as it would be sent now. An escape and its
// letter, and the two halves of a letter outside the basic plane, stay together
// in one part.
func Count(text string) Size {
	widths := make([]int, 0, len(text))
	for _, r := range text {
		w, ok := septets[r]
		if !ok {
			return count(UCS2, wide(text), alone16, joined16)
		}
		widths = append(widths, w)
	}
	return count(GSM7, widths, alone7, joined7)
}

// wide gives how many 16-bit units each letter takes.
func wide(text string) []int {
	widths := make([]int, 0, len(text))
	for _, r := range text {
		widths = append(widths, utf16.RuneLen(r))
	}
	return widths
}

func count(e Encoding, widths []int, alone, joined int) Size {
	s := Size{Encoding: e}
	for _, w := range widths {
		s.Units += w
	}
	switch {
	case s.Units == 0:
		s.Left = alone
		return s
	case s.Units <= alone:
		s.Parts, s.Left = 1, alone-s.Units
		return s
	}
	used := joined
	for _, w := range widths {
		if used+w > joined {
			s.Parts++
			used = 0
		}
		used += w
	}
	s.Left = joined - used
	return s
}
