package agent

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing/gsm"
	"github.com/sistem48/system48/ui/static"
)

// TestCounterAsTheServer: the counter of the composer folds and counts as the
// server does, over a thousand texts in four languages and what else people type.
func TestCounterAsTheServer(t *testing.T) {
	s := newSite(t, "")
	w := newWindow(t, s, s.Ana)
	words := strings.Fields("Poštovani ĐUBRE Đoka Ljubljana džep Његош ЉУБАВ Љубав џеп ЊЕГОШ конјункција с\u0301 çelësi Përgjigja ËSHTË Straße naïve " +
		"café €5 ~ [ok] {x} a^b 😀 👍🏽 漢 „navod“ ‘a’ – — … № 7° ½ ĵ ŷ ‑ x\u00a0y I\u0307 İ ı ſ ß Ωmega")
	r := rand.New(rand.NewPCG(48, 2))
	var texts []string
	for range 1000 {
		var b strings.Builder
		for n := r.IntN(90); n > 0; n-- {
			b.WriteString(words[r.IntN(len(words))])
			b.WriteString([]string{" ", "", "\n", ". "}[r.IntN(4)])
		}
		texts = append(texts, b.String())
	}
	type counted struct {
		Folded   string
		Encoding string
		Parts    int
		Left     int
		Units    int
	}
	list, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	script := `import("` + static.URL("js/sms.js") + `").then(m => JSON.stringify(` + string(list) + `.map(t => {
		const folded = m.written(t, "auto"), n = m.count(folded);
		return {Folded: folded, Encoding: n.encoding, Parts: n.parts, Left: n.left, Units: n.units};
	})))`
	raw := eval[string](w, script)
	var got []counted
	if err := json.Unmarshal([]byte(raw), &got); err != nil || len(got) != len(texts) {
		t.Fatal(len(got), err)
	}
	wrong := 0
	for i, text := range texts {
		folded := gsm.Write(text, gsm.Auto)
		n := gsm.Count(folded)
		want := counted{folded, string(n.Encoding), n.Parts, n.Left, n.Units}
		if got[i] != want && wrong < 5 {
			wrong++
			t.Errorf("%q\n script %+v\n server %+v", text, got[i], want)
		}
	}
}
