package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// maxDepth bounds how deep a body may nest (A100).
const maxDepth = 16

// strictJSON is JSON of one meaning: one value, no name twice in an object, no
// deep nesting (A100). Unknown names are refused by the schema.
var strictJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
	Unmarshal: func(data []byte, v any) error {
		if _, first := v.(*any); first { // huma reads a body twice: untyped to validate, then typed
			if err := checkJSON(data); err != nil {
				return err
			}
		}
		return json.Unmarshal(data, v)
	},
}

var (
	errDeep  = errors.New("nested too deeply")
	errTwice = errors.New("a name stands twice in one object")
	errMore  = errors.New("something follows the value")
)

// checkJSON walks the tokens of a body once. Its errors repeat nothing of it.
func checkJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("not JSON, at byte %d", d.InputOffset())
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errMore
	}
	return nil
}

func checkValue(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		err = checkObject(d, depth)
	case json.Delim('['):
		for err == nil && d.More() {
			err = checkValue(d, depth+1)
		}
	default:
		return nil
	}
	if err == nil {
		_, err = d.Token() // the closing one
	}
	return err
}

func checkObject(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		name = strings.ToLower(strings.ToUpper(name)) // encoding/json tells no cases apart
		if seen[name] {
			return errTwice
		}
		seen[name] = true
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	return nil
}
