package email

import (
	"fmt"
	"strings"
)

// maxDataImages bounds the images taken out of one page.
const maxDataImages = 30

// cutDataImages takes the images that a page carries inside itself
// (src="data:image/png;base64,…") out of it and makes them files that the page
// refers to by content id: as they are, no agent would see them, because pages
// are shown without such addresses, and they would fill the page's bound.
func cutDataImages(page string) (rest string, files []pendingFile) {
	const mark = "data:image/"
	if !strings.Contains(page, mark) {
		return page, nil
	}
	var b strings.Builder
	for len(files) < maxDataImages {
		before, after, found := strings.Cut(page, mark)
		if !found {
			break
		}
		end := strings.IndexAny(after, "\"'> )")
		if end < 0 {
			break
		}
		media, encoded, isData := strings.Cut(after[:end], ",")
		kind, isBase64 := strings.CutSuffix(media, ";base64")
		if !isData || !isBase64 || len(kind) > 20 {
			b.WriteString(before + mark)
			page = after
			continue
		}
		data, _ := decodeBase64([]byte(encoded))
		f := pendingFile{data: data, contentID: fmt.Sprintf("data-%d@inline.s48", len(files)+1)}
		files = append(files, f)
		b.WriteString(before)
		b.WriteString("cid:" + f.contentID)
		page = after[end:]
	}
	b.WriteString(page)
	return b.String(), files
}
