package email

// The words by which mail programs introduce quoted history, in the languages
// of this coast and of its visitors.

func wordSet(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// originalMessage stands between hyphens above a quoted mail.
var originalMessage = []string{
	"original message", "original-nachricht", "ursprüngliche nachricht", "message d'origine", "message original",
	"originalna poruka", "izvorna poruka", "originalno sporočilo", "prvobitna poruka", "orginalna poruka",
	"оригинална порука", "изворна порука", "првобитна порука", "исходное сообщение", "оригинальное сообщение",
	"mesazhi origjinal", "mesazhi fillestar", "mesazh origjinal", "messaggio originale", "mensaje original",
	"orijinal mesaj", "reply message", "odgovor na poruku",
}

// fromWords begin the header block of a quoted mail.
var fromWords = wordSet(
	"from", "od", "од", "šalje", "шаље", "pošiljalac", "пошиљалац", "pošiljatelj", "pošiljaoc", "nga", "dërguar nga", "dërguesi",
	"von", "de", "da", "от", "отправитель", "desde", "kimden", "van", "отпосылатель",
)

// fieldWords are the other fields of such a block.
var fieldWords = wordSet(
	"sent", "date", "to", "cc", "subject", "reply-to",
	"poslato", "poslano", "послато", "послано", "datum", "датум", "poslata", "vrijeme",
	"za", "за", "prima", "прима", "primalac", "прималац", "kome", "коме", "do", "kopija", "копија",
	"predmet", "предмет", "naslov", "наслов", "tema", "тема",
	"dërguar", "dërguar më", "data", "për", "tek", "te", "kopje", "subjekti", "titulli", "lënda",
	"gesendet", "datum/zeit", "an", "betreff", "kopie",
	"inviato", "a", "oggetto", "envoyé", "à", "objet", "enviado", "para", "asunto", "cc/bcc",
	"отправлено", "дата", "кому", "копия", "konu", "kime", "gönderildi", "tarih",
)

// introOpeners begin an introduction line.
var introOpeners = wordSet(
	"on", "dana", "dne", "дана", "dan", "u", "у", "na", "na dan", "më", "am", "le", "el", "il", "em", "den", "op",
	"pon", "uto", "sri", "čet", "pet", "sub", "ned", "пон", "уто", "сри", "сре", "чет", "пет", "суб", "нед",
	"hën", "mar", "mër", "enj", "pre", "sht", "die", "пн", "вт", "ср", "чт", "пт", "сб", "вс",
	"mon", "tue", "wed", "thu", "fri", "sat", "sun", "ponedjeljak", "utorak", "srijeda", "četvrtak", "petak", "subota", "nedjelja",
)

// introVerbs end an introduction line, before its colon.
var introVerbs = []string{
	"wrote", "writes", "napisao/la je", "je napisao/la", "napisao/la", "je napisao", "je napisala", "napisao je", "napisala je",
	"je pisao", "je pisala", "piše", "napisa", "napisao(la)", "je napisao(la)", "napisao", "napisala", "korisnik je napisao", "je odgovorio", "je odgovorila",
	"је написао/ла", "написао/ла", "је написао", "је написала", "написао је", "написала је", "је писао", "је писала", "пише", "написао", "написала", "је одговорио",
	"shkroi", "ka shkruar", "shkruan", "ka shkruajtur", "shkruajti", "tha",
	"schrieb", "geschrieben", "a écrit", "écrit", "escribió", "ha scritto", "scrisse", "escreveu", "schreef", "skrev",
	"пишет", "написал", "написала(а)", "написал(а)", "писал", "писал(а)", "yazdı", "şunu yazdı", "napisał", "napsal", "írta",
}

// introInner are forms in which the verb does not end the line.
var introInner = []string{
	" schrieb ", " пользователь ", " korisnik ", " корисник ", " је написао/ла", " je napisao/la", " a écrit ", " wrote to ", " shkroi ",
}
