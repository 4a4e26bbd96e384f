package calllog

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Preset names the exchange whose records a file holds.
type Preset string

// The presets.
const (
	Asterisk   Preset = "asterisk"   // cdr_csv Master.csv of Asterisk and FreePBX: 16 to 21 columns
	FreeSWITCH Preset = "freeswitch" // mod_cdr_csv, templates example, sql and asterisk
	ThreeCX    Preset = "3cx"        // CDR output to a file
	CUCM       Preset = "cucm"       // Cisco CUCM flat files, by their headings
	Generic    Preset = "generic"    // any file whose columns are named with the words of GenericColumns
)

// Presets lists all of them.
func Presets() []Preset { return []Preset{Asterisk, FreeSWITCH, ThreeCX, CUCM, Generic} }

// A Format says how the lines of one source are read. Make it with NewFormat.
type Format struct {
	Preset   Preset
	Columns  []string       // in the order of the file; nil: as the preset has them
	Zone     *time.Location // of times that name none
	Charset  Charset        // "" = detected
	Comma    byte           // between columns; 0 = a comma
	Time     string         // Go's layout of times, when they are none of the usual forms
	Own      []string       // numbers of the bureau: a call to one comes in
	Ignore   []string       // extensions where no person answers: announcements, mailboxes, fax
	Contexts []string       // contexts or trunks by which calls come in (Asterisk, FreeSWITCH)

	layouts [][]string // the orders of columns that may occur
	own     []string   // digits of Own
	read    func(r *record) (Leg, *Fault)
	headed  bool // the file names its columns itself
}

// asteriskColumns are those of cdr_csv; which of the last five occur is the
// operator's choice in cdr.conf.
var asteriskColumns = []string{
	"accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata",
	"start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
}

// freeswitchColumns are those of the template example, threecxColumns the order
// of the exchange's own list.
var (
	freeswitchColumns = []string{
		"caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp", "end_stamp",
		"duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode",
	}
	freeswitchAsterisk = []string{
		"accountcode", "caller_id_number", "destination_number", "context", "caller_id", "channel_name", "bridge_channel", "last_app", "last_arg",
		"start_stamp", "answer_stamp", "end_stamp", "duration", "billsec", "hangup_cause", "amaflags", "uuid", "userfield",
	}
	threecxColumns = []string{
		"historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no", "to-no", "from-dn", "to-dn",
		"dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate", "bill-cost", "bill-name", "chain",
		"from-type", "to-type", "final-type", "from-dispname", "to-dispname", "final-dispname", "missed-queue-calls",
	}
)

// GenericColumns are the words for the columns of a file of any other exchange.
// "-" is a column that is not read.
func GenericColumns() []string {
	return []string{
		"start", "answer", "end", "duration", "talk", "from", "to", "did", "direction", "result",
		"agent", "queue", "call", "leg", "recording", "-",
	}
}

// with gives columns and more behind them, in a slice of its own.
func with(columns []string, more ...string) []string {
	return append(slices.Clone(columns), more...)
}

// presetLayouts gives the orders of columns of a preset.
func presetLayouts(p Preset) [][]string {
	switch p {
	case Asterisk:
		newer := []string{"peeraccount", "linkedid", "sequence"}
		both := with(asteriskColumns, "uniqueid", "userfield")
		return [][]string{
			asteriskColumns, with(asteriskColumns, "uniqueid"), both,
			with(asteriskColumns, newer...), with(with(asteriskColumns, "uniqueid"), newer...), with(both, newer...),
		}
	case FreeSWITCH:
		return [][]string{
			freeswitchColumns, with(freeswitchColumns, "read_codec"), with(freeswitchColumns, "read_codec", "write_codec"), freeswitchAsterisk,
		}
	case ThreeCX:
		return [][]string{threecxColumns}
	case CUCM, Generic: // named by the file itself, or by the operator
	}
	return nil
}

// needed are the columns without which no leg can be read.
var needed = map[Preset][]string{
	Asterisk:   {"src", "dst", "start", "duration", "disposition"},
	FreeSWITCH: {"caller_id_number", "destination_number", "start_stamp", "hangup_cause", "uuid"},
	ThreeCX:    {"time-start", "from-no", "to-no"},
	CUCM: {
		"cdrRecordType", "globalCallID_callManagerId", "globalCallID_callId", "dateTimeOrigination", "dateTimeConnect", "dateTimeDisconnect",
		"callingPartyNumber", "finalCalledPartyNumber", "pkid",
	},
	Generic: {"start", "from"},
}

// NewFormat completes a Format; the error tells the operator what does not fit.
func NewFormat(f Format) (*Format, error) {
	readers := map[Preset]func(*record) (Leg, *Fault){
		Asterisk: readAsterisk, FreeSWITCH: readFreeSWITCH, ThreeCX: readThreeCX, CUCM: readCUCM, Generic: readGeneric,
	}
	if f.read = readers[f.Preset]; f.read == nil {
		return nil, fmt.Errorf("preset %q is none of %v", f.Preset, Presets())
	}
	if f.Charset != "" && f.Charset.width() == 1 && f.Charset != CharsetMixed && f.Charset != "utf-8" && namedCharsets[string(f.Charset)] == nil {
		return nil, fmt.Errorf("charset %q is not known", f.Charset)
	}
	if f.Comma == 0 {
		f.Comma = ','
	}
	if f.Zone == nil {
		f.Zone = time.UTC
	}
	f.headed = f.Preset == CUCM && len(f.Columns) == 0
	switch {
	case len(f.Columns) > maxFields:
		return nil, fmt.Errorf("columns: more than %d", maxFields)
	case len(f.Columns) > 0:
		if err := checkColumns(f.Preset, f.Columns); err != nil {
			return nil, err
		}
		f.layouts = [][]string{f.Columns}
	case f.Preset == Generic:
		return nil, fmt.Errorf("columns: the generic preset needs their names in the order of the file, of %s", strings.Join(GenericColumns(), ", "))
	default:
		f.layouts = presetLayouts(f.Preset)
	}
	for _, n := range f.Own {
		f.own = append(f.own, digits(n))
	}
	return &f, nil
}

// checkColumns holds the operator's list against what the preset needs.
func checkColumns(p Preset, columns []string) error {
	seen := map[string]bool{}
	for _, c := range columns {
		if p == Generic && !slices.Contains(GenericColumns(), c) {
			return fmt.Errorf("columns: %q is none of %s", c, strings.Join(GenericColumns(), ", "))
		}
		if seen[c] && c != "-" && c != "" {
			return fmt.Errorf("columns: %q stands twice", c)
		}
		seen[c] = true
	}
	for _, c := range needed[p] {
		if !seen[c] {
			return fmt.Errorf("columns: %s needs %q", p, c)
		}
	}
	if p == Generic && !seen["end"] && !seen["duration"] && !seen["talk"] {
		return fmt.Errorf("columns: %s needs one of end, duration and talk", p)
	}
	return nil
}
