package web

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxPhoto bounds a photo that is taken from the public, in bytes.
const MaxPhoto = 10 << 20

// maxPixels bounds what a photo claims to unfold to: what opens it later must
// not run out of memory (A80).
const maxPixels = 120_000_000

// ErrNoPhoto says that bytes are no whole JPEG, PNG or WebP picture, or one of
// more than 120 megapixels.
var ErrNoPhoto = errors.New("not a photo that can be taken")

// CleanPhoto copies a photo without what it says beside the picture: where and
// when it was taken, with which device, a second picture or film behind it. Only
// the colours' profile and which side is up remain. The picture is not decoded,
// so it loses nothing and unfolds nothing. It gives the type by content;
// [ErrNoPhoto] for anything else, then what was written is of no use.
func CleanPhoto(w io.Writer, r io.Reader) (string, error) {
	in := bufio.NewReader(io.LimitReader(r, MaxPhoto+1))
	head, _ := in.Peek(12) // shorter is no photo
	var kind string
	var err error
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		kind, err = "image/jpeg", cleanJPEG(w, in)
	case bytes.HasPrefix(head, []byte(pngStart)):
		kind, err = "image/png", cleanPNG(w, in)
	case len(head) == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WEBP":
		kind, err = "image/webp", cleanWebP(w, in)
	default:
		return "", ErrNoPhoto
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "", ErrNoPhoto // cut off
	}
	if err != nil {
		return "", err
	}
	return kind, nil
}

func fits(width, height uint64) bool {
	return width > 0 && height > 0 && width*height <= maxPixels
}

// JPEG markers (ITU-T T.81, table B.1).
const (
	jpegSOS, jpegEOI, jpegCOM          = 0xda, 0xd9, 0xfe
	jpegAPP0, jpegAPP15                = 0xe0, 0xef
	appJFIF, appExif, appICC, appAdobe = 0xe0, 0xe1, 0xe2, 0xee
)

// cleanJPEG goes from segment to segment and stops at the end of the first
// picture: telephones put films and second pictures behind it.
func cleanJPEG(w io.Writer, in *bufio.Reader) error {
	if _, err := in.Discard(2); err != nil {
		return err
	}
	if _, err := w.Write([]byte{0xff, 0xd8}); err != nil {
		return err
	}
	sized := false
	marker, err := nextMarker(in)
	for err == nil && marker != jpegEOI {
		var body []byte
		if body, err = segment(in); err != nil {
			return err
		}
		if isFrame(marker) {
			if len(body) < 6 || !fits(uint64(binary.BigEndian.Uint16(body[3:])), uint64(binary.BigEndian.Uint16(body[1:]))) {
				return ErrNoPhoto
			}
			sized = true
		}
		if body, keep := keptSegment(marker, body); keep {
			if err := writeSegment(w, marker, body); err != nil {
				return err
			}
		}
		if marker == jpegSOS {
			marker, err = copyScan(w, in)
		} else {
			marker, err = nextMarker(in)
		}
	}
	if err != nil {
		return err
	}
	if !sized {
		return ErrNoPhoto
	}
	_, err = w.Write([]byte{0xff, jpegEOI})
	return err
}

// isFrame reports the markers that begin with the size of the picture.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

// nextMarker reads one marker, with what may fill the space before it.
func nextMarker(in *bufio.Reader) (byte, error) {
	b, err := in.ReadByte()
	if err != nil {
		return 0, err
	}
	if b != 0xff {
		return 0, ErrNoPhoto
	}
	for b == 0xff {
		if b, err = in.ReadByte(); err != nil {
			return 0, err
		}
	}
	if b < 0xc0 || (b >= 0xd0 && b <= 0xd8) {
		return 0, ErrNoPhoto // such have no length, and none stands between segments
	}
	return b, nil
}

func segment(in *bufio.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	if n < 2 {
		return nil, ErrNoPhoto
	}
	body := make([]byte, n-2)
	_, err := io.ReadFull(in, body)
	return body, err
}

func writeSegment(w io.Writer, marker byte, body []byte) error {
	head := []byte{0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(body)+2)) //nolint:gosec // was read as 16 bits
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// keptSegment says what remains of a segment.
func keptSegment(marker byte, body []byte) ([]byte, bool) {
	switch {
	case marker == jpegCOM:
		return nil, false
	case marker < jpegAPP0 || marker > jpegAPP15:
		return body, true
	case marker == appJFIF && len(body) >= 14 && bytes.HasPrefix(body, []byte("JFIF\x00")):
		body = body[:14:14]
		body[12], body[13] = 0, 0 // without the small picture, which may show what was cut away
		return body, true
	case marker == appICC && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		return body, true
	case marker == appAdobe && bytes.HasPrefix(body, []byte("Adobe")):
		return body, true
	case marker == appExif:
		turn := orientation(body)
		return exifOf(turn), turn > 1
	}
	return nil, false
}

// orientation reads which side is up out of an Exif segment, 1 to 8; 1, upright,
// when it does not say (CIPA DC-008, 4.6.4 tag 0x0112).
func orientation(body []byte) uint16 {
	tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if turn := order.Uint16(entries[8:]); turn >= 1 && turn <= 8 {
				return turn
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// exifOf is a segment that says nothing but which side is up.
func exifOf(turn uint16) []byte {
	b := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(b[24:], turn)
	return b
}

// copyScan copies the coded picture and gives the marker that ends it. Within,
// 0xff is followed by 0 or by a restart marker.
func copyScan(w io.Writer, in *bufio.Reader) (byte, error) {
	for {
		part, err := in.ReadSlice(0xff)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, err
		}
		whole := err != nil
		if !whole {
			part = part[:len(part)-1]
		}
		if _, err := w.Write(part); err != nil {
			return 0, err
		}
		if whole {
			continue
		}
		b := byte(0xff)
		for b == 0xff { // what may fill the space before a marker
			if b, err = in.ReadByte(); err != nil {
				return 0, err
			}
		}
		if b != 0 && (b < 0xd0 || b > 0xd7) {
			return b, nil
		}
		if _, err := w.Write([]byte{0xff, b}); err != nil {
			return 0, err
		}
	}
}

const pngStart = "\x89PNG\r\n\x1a\n"

// pngKept are the chunks that make the picture (PNG, third edition, 11.2 and
// 11.3); texts, times and Exif are none of them.
const pngKept = " IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs cICP acTL fcTL fdAT "

func cleanPNG(w io.Writer, in *bufio.Reader) error {
	if _, err := io.CopyN(w, in, int64(len(pngStart))); err != nil {
		return err
	}
	for first := true; ; first = false {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		size, name := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if size > MaxPhoto || strings.Contains(name, " ") || first != (name == "IHDR") || (first && size != 13) {
			return ErrNoPhoto
		}
		if first {
			dim, err := in.Peek(8)
			if err != nil {
				return err
			}
			if !fits(uint64(binary.BigEndian.Uint32(dim)), uint64(binary.BigEndian.Uint32(dim[4:]))) {
				return ErrNoPhoto
			}
		}
		to := io.Discard
		if strings.Contains(pngKept, " "+name+" ") {
			to = w
		}
		if _, err := to.Write(head[:]); err != nil {
			return err
		}
		if _, err := io.CopyN(to, in, size+4); err != nil {
			return err
		}
		if name == "IEND" {
			return nil
		}
	}
}

// webpKept are the chunks that make the picture (WebP container specification).
const webpKept = " VP8  VP8L VP8X ALPH ANIM ANMF ICCP "

// cleanWebP keeps the picture in memory, for its size stands at the front.
func cleanWebP(w io.Writer, in *bufio.Reader) error {
	all, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if len(all) > MaxPhoto {
		return ErrNoPhoto
	}
	total := int64(binary.LittleEndian.Uint32(all[4:]))
	if total+8 > int64(len(all)) || total < 4 {
		return ErrNoPhoto
	}
	out, rest, pixels := append([]byte(nil), all[:12]...), all[12:total+8], false
	for len(rest) >= 8 {
		name, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		end := 8 + size + size&1
		if size+8 > int64(len(rest)) {
			return ErrNoPhoto
		}
		end = min(end, int64(len(rest))) // some leave the last filling byte out
		if strings.Contains(webpKept, " "+name+" ") {
			if !webpFits(name, rest[8:8+size]) {
				return ErrNoPhoto
			}
			at := len(out)
			out = append(out, rest[:end]...)
			if name == "VP8X" {
				out[at+8] &^= 0x0c // no Exif, no XMP follows
			}
			pixels = pixels || name == "VP8 " || name == "VP8L" || name == "ANMF"
		}
		rest = rest[end:]
	}
	if !pixels {
		return ErrNoPhoto
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8)) //nolint:gosec // at most MaxPhoto
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("write a photo: %w", err)
	}
	return nil
}

// webpFits measures the chunk of a WebP that claims a size: the canvas, a picture
// (RFC 6386 9.1, RFC 9649 3.4), or a frame of a film with the picture in it.
func webpFits(name string, body []byte) bool {
	switch name {
	case "VP8X":
		return len(body) >= 10 && fits(uint64(le24(body[4:]))+1, uint64(le24(body[7:]))+1)
	case "VP8 ":
		return len(body) >= 10 && fits(uint64(binary.LittleEndian.Uint16(body[6:])&0x3fff), uint64(binary.LittleEndian.Uint16(body[8:])&0x3fff))
	case "VP8L":
		if len(body) < 5 {
			return false
		}
		bits := uint64(binary.LittleEndian.Uint32(body[1:]))
		return fits(bits&0x3fff+1, bits>>14&0x3fff+1)
	case "ANMF":
		return len(body) >= 16 && fits(uint64(le24(body[6:]))+1, uint64(le24(body[9:]))+1) && frameFits(body[16:])
	}
	return true
}

// frameFits measures the pictures in a frame; one that holds none is whole.
func frameFits(rest []byte) bool {
	for len(rest) >= 8 {
		name, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		if size+8 > int64(len(rest)) || name == "ANMF" || !webpFits(name, rest[8:8+size]) {
			return false
		}
		rest = rest[min(8+size+size&1, int64(len(rest))):]
	}
	return true
}

func le24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }
