package storage

import (
	"encoding/base64"
	"encoding/json"

	"github.com/sistem48/system48/ticketing"
)

// pageSize bounds what a page asks for: 1–200, 50 when it does not say.
func pageSize(asked int) int {
	if asked <= 0 {
		return 50
	}
	return min(asked, 200)
}

// makeCursor writes a position down for the caller to bring back.
func makeCursor(position any) string {
	raw, err := json.Marshal(position)
	if err != nil {
		return "" // positions are structs of numbers and short words
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// readCursor reads what makeCursor wrote; anything else is Invalid.
func readCursor(cursor string, position any) error {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(raw, position)
	}
	if err != nil {
		return misfit()
	}
	return nil
}

func misfit() error {
	return &ticketing.Error{Kind: ticketing.Invalid, Field: "cursor", Key: "cursor.malformed"}
}
