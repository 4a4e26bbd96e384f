package email

import (
	"slices"

	"github.com/sistem48/system48/ticketing"
)

// The notes a parsed mail may carry, as keys that pages translate.
const (
	noteTwoFrom       = "two_from"         // From can be read in two ways; the first address was taken
	noteFromMissing   = "from_missing"     // From has no usable address; another field may have given one
	noteFromOwn       = "from_own"         // From is an address of the bureau: nobody knows who wrote
	noteRecipientsCut = "recipients_cut"   // more recipients than are kept
	noteHeaderJunk    = "header_junk"      // lines in the header that are no fields
	noteTooComplex    = "too_complex"      // structure beyond the bounds: not taken apart
	noteStructure     = "structure"        // boundaries do not match: something may be in the original only
	noteUnclosed      = "unclosed"         // the last boundary is missing: the mail may be cut
	noteTextCut       = "text_cut"         // text or HTML longer than is kept
	noteEncoding      = "encoding_damaged" // a transfer encoding could be undone in part only
	noteCharset       = "charset_guessed"  // the charset was chosen by its look
	noteDiffers       = "html_differs"     // plain text and HTML say different things
	noteFilesCut      = "files_cut"        // more files than are kept
	noteTNEF          = "tnef"             // winmail.dat: files inside it are not taken out
	noteEncrypted     = "encrypted"        // the text can be read with the recipient's key only
	noteEmpty         = "empty"            // nothing arrived but the envelope
	notePanic         = "panic"            // the parser failed: a fault to report
	noteTooSlow       = "too_slow"         // the parser was stopped
)

// addNote records a note, once.
func addNote(in *ticketing.Inbound, note string) {
	if !slices.Contains(in.Notes, note) {
		in.Notes = append(in.Notes, note)
	}
}
