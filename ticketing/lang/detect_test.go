package lang

import (
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want Tag
		sure bool
	}{
		{"Poštovani, u ulici Slobode ne radi rasvjeta već tri dana. Molim vas da pošaljete ekipu.", SrLatn, true},
		{"Postovani, u nasoj ulici nema vode od juce ujutru. Hvala", SrLatn, true},
		{"Nema vode u zgradi", SrLatn, true},
		{"Rupa na putu ispred skole", SrLatn, true},
		{"Zašto kontejner nije ispražnjen?", SrLatn, true},
		{"Поштовани, у улици Слободе не ради расвјета.", SrCyrl, true},
		{"Нема воде, molim", SrCyrl, true},
		{"Përshëndetje, në rrugën tonë nuk ka dritë që tri ditë. Ju lutem dërgoni dikë.", Sq, true},
		{"Pershendetje, ne rrugen tone nuk ka uje. Faleminderit", Sq, true},
		{"Mirëdita, dua të marr lejen e parkimit", Sq, true},
		{"Kur vjen uji ne lagjen tone", Sq, true},
		{"Dear Sir, there is no water in my street since Monday. Thank you", En, true},
		{"The street light in front of our building is broken", En, true},
		{"Hello, how can I get a parking permit?", En, true},
		{"Здравствуйте, у нас нет воды уже третий день, пожалуйста", SrCyrl, false},
		{"Rupa", SrLatn, false},
		{"067 123 456", SrLatn, false},
		{"", SrLatn, false},
		{"Sehr geehrte Damen und Herren, die Straßenlaterne ist kaputt", SrLatn, false},
		{"\xff\xfe\x00", SrLatn, false},
	}
	for _, tt := range tests {
		got, sure := Detect(tt.text)
		if sure != tt.sure || (sure && got != tt.want) {
			t.Errorf("Detect(%q) = %s, %t, want %s, %t", tt.text, got, sure, tt.want, tt.sure)
		}
	}
}

func TestDetectLooksAtTheBeginning(t *testing.T) {
	t.Parallel()
	text := "Nema vode u nasoj zgradi. " + strings.Repeat(" ", maxDetect) + strings.Repeat("the street is not here ", 1000)
	if got, sure := Detect(text); got != SrLatn || !sure {
		t.Errorf("Detect() = %s, %t", got, sure)
	}
}

func BenchmarkDetect(b *testing.B) {
	s := strings.Repeat("Dobar dan, u ulici Đorđa Njegoša već tri dana nema rasvjete, molim vas da pošaljete ekipu. ", 10)
	for b.Loop() {
		Detect(s)
	}
}
