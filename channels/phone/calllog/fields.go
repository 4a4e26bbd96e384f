package calllog

import "strings"

// maxFields bounds the columns of a line; CUCM has about 130.
const maxFields = 256

// splitFields cuts a record into its columns, without quotation marks and the
// space around. Space before a quoted column, which FreeSWITCH writes, does not
// count. A doubled mark within a quoted column is one (RFC 4180 §2.7); a single
// one, as exchanges write it that never escape a caller's name, is itself. What
// a caller smuggled in with it makes too many columns, and the line is rejected.
func splitFields(s string, comma byte, into []string) ([]string, *Fault) {
	fields := into[:0]
	for {
		if len(fields) == maxFields {
			return nil, faultText(FaultColumns, "", "more than 256")
		}
		if quoted := strings.TrimLeft(s, " "); strings.HasPrefix(quoted, `"`) {
			field, rest, more, ok := quotedField(quoted[1:], comma)
			if !ok {
				return nil, fault(FaultQuote, "")
			}
			fields = append(fields, field)
			if !more {
				return fields, nil
			}
			s = rest
			continue
		}
		i := strings.IndexByte(s, comma)
		if i < 0 {
			return append(fields, strings.TrimSpace(s)), nil
		}
		fields = append(fields, strings.TrimSpace(s[:i]))
		s = s[i+1:]
	}
}

// quotedField reads up to the mark that closes the column. more says that a
// column follows.
func quotedField(s string, comma byte) (field, rest string, more, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false, false
		}
		after := s[i+1:]
		if strings.HasPrefix(after, `"`) {
			b.WriteString(s[:i+1])
			s = after[1:]
			continue
		}
		tail := strings.TrimLeft(after, " ")
		if tail == "" || tail[0] == comma {
			b.WriteString(s[:i])
			return strings.TrimSpace(b.String()), strings.TrimPrefix(tail, string(comma)), tail != "", true
		}
		b.WriteString(s[:i+1])
		s = after
	}
}
