package email

import "strings"

// maxMessageID bounds one Message-ID in bytes (RFC 5322 §2.1.1: a line).
const maxMessageID = 998

// messageIDs gives up to max ids of a Message-ID, In-Reply-To or References
// field, in the order of the field, without angle brackets. Text between the
// ids ("Your message of Monday") is skipped; bare ids with an @ count when
// there are no brackets at all.
func messageIDs(v string, max int) []string {
	var ids []string
	if !strings.Contains(v, "<") {
		for _, w := range strings.Fields(v) {
			w = strings.Trim(w, ">,;\"'")
			if strings.Contains(w, "@") && len(w) <= maxMessageID && len(ids) < max {
				ids = append(ids, cleanID(w))
			}
		}
		if len(ids) == 0 && max == 1 {
			if w := strings.TrimSpace(v); w != "" && len(w) <= maxMessageID && !strings.ContainsAny(w, " \t") {
				ids = append(ids, cleanID(w))
			}
		}
		return ids
	}
	for len(ids) < max {
		_, rest, ok := strings.Cut(v, "<")
		if !ok {
			break
		}
		id, after, closed := strings.Cut(rest, ">")
		if !closed {
			id, after = rest, ""
		}
		if id = cleanID(id); id != "" && len(id) <= maxMessageID {
			ids = append(ids, id)
		}
		v = after
	}
	return ids
}

// cleanID takes the white space that folding leaves inside an id away, and
// everything that is not plain printable ASCII or well-formed UTF-8.
func cleanID(id string) string {
	clean := true
	for i := range len(id) {
		if id[i] <= ' ' || id[i] >= 0x7f || id[i] == '<' {
			clean = false
			break
		}
	}
	if clean {
		return id
	}
	var b strings.Builder
	for _, r := range rawHeaderText(id) {
		if r > ' ' && r != '<' && !hiddenRune(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
