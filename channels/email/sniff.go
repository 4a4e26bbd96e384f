package email

import (
	"bytes"
	"mime"
	"net/http"
	"path"
	"strings"
)

const octetStream = "application/octet-stream"

// fileType gives the content type under which a file is kept. It is never the
// declared one copied: the bytes decide, and a declaration only chooses among
// the types that the bytes allow. Types that a browser could run as a page
// (HTML, SVG, XML, scripts) become application/octet-stream.
func fileType(head []byte, declared, name string) string {
	head = head[:min(len(head), 512)]
	if bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return officeType(name, declared, oleTypes, octetStream)
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		if t := ftypType(string(head[8:12])); t != "" {
			return t
		}
	}
	found, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	switch found {
	case "application/zip":
		return officeType(name, declared, zipTypes, found)
	case "text/html", "text/xml":
		return octetStream
	case "text/plain":
		return textFileType(declared, name)
	}
	return found
}

// ftypType names the pictures and films of telephones by their ISO media brand.
func ftypType(brand string) string {
	switch brand {
	case "heic", "heix", "heim", "heis", "mif1", "msf1", "hevc":
		return "image/heic"
	case "avif", "avis":
		return "image/avif"
	case "qt  ":
		return "video/quicktime"
	case "M4A ", "M4B ":
		return "audio/mp4"
	case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "M4V ", "avc1", "dash":
		return "video/mp4"
	case "3gp4", "3gp5", "3gp6", "3gpp", "3g2a":
		return "video/3gpp"
	}
	return ""
}

var oleTypes = map[string]string{
	".doc": "application/msword", ".dot": "application/msword",
	".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint", ".msg": "application/vnd.ms-outlook",
}

var zipTypes = map[string]string{
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	".kmz":  "application/vnd.google-earth.kmz",
}

// officeType chooses among the formats that share a container by the name's
// extension or, without one, the declaration.
func officeType(name, declared string, types map[string]string, otherwise string) string {
	ext := strings.ToLower(path.Ext(name))
	if t, ok := types[ext]; ok {
		return t
	}
	if ext == "" {
		for _, t := range types {
			if t == declared {
				return t
			}
		}
	}
	return otherwise
}

// textFileType chooses the type of a file of plain characters.
func textFileType(declared, name string) string {
	switch declared {
	case "text/plain", "text/csv", "text/calendar", "text/vcard", "message/rfc822", "message/delivery-status", "text/rfc822-headers":
		return declared
	case "text/x-vcard", "text/directory":
		return "text/vcard"
	case "message/global":
		return "message/rfc822"
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".csv":
		return "text/csv"
	case ".ics":
		return "text/calendar"
	case ".vcf":
		return "text/vcard"
	case ".eml":
		return "message/rfc822"
	case ".txt", ".log", ".md":
		return "text/plain"
	}
	return octetStream
}

// extensionOf gives the extension for a file without a name.
func extensionOf(contentType string) string {
	switch contentType {
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "image/webp", "image/heic", "image/bmp", "image/avif", "video/mp4", "application/pdf", "application/zip":
		return "." + contentType[strings.IndexByte(contentType, '/')+1:]
	case "audio/mpeg":
		return ".mp3"
	case "audio/mp4":
		return ".m4a"
	case "video/3gpp":
		return ".3gp"
	case "text/plain", "message/delivery-status", "text/rfc822-headers":
		return ".txt"
	case "text/csv":
		return ".csv"
	case "text/calendar":
		return ".ics"
	case "text/vcard":
		return ".vcf"
	case "message/rfc822":
		return ".eml"
	}
	for _, types := range []map[string]string{oleTypes, zipTypes} {
		for ext, t := range types {
			if t == contentType && ext != ".dot" {
				return ext
			}
		}
	}
	return ".bin"
}
