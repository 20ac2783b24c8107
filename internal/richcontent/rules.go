package richcontent

import "sync"

type members = map[string]rule

// The rules refer to each other, so the lists of kinds are made when they are first used.
var (
	rootElement, card, action rule
	quickReplies              rule
)

func init() {
	rootElement = byType(roots)
	card = byType(cards)
	action = byType(actions)
	quickReplies = ofType("quickReplies", "itemsPerRow replies", members{
		"itemsPerRow": wholeBetween(1, 8),
		"replies":     list(1, 24, func(at string, value any) error { return button(at, value) }),
	})
}

var (
	anything = func(string, any) error { return nil }
	aria     = object("", members{"web": anything})
	color    = text(256)
	style    = object("", members{
		"background-color": color, "background-color-active": color, "background-color-hover": color,
		"border-color": color, "border-color-selected": color, "border-color-hover": color,
		"color": color, "color-hover": color, "color-active": color, "fill": color,
		"border-radius": number, "font-family": text(256), "bold": boolean, "italic": boolean,
		"size": oneOf("small", "medium", "large"),
	})
	display = object("", members{
		"aspectRatio": oneOf("rectangle", "square", "horizontal"),
		"size":        oneOf("cover", "contain", "large", "compact", "tall", "full"),
	})
	selectName = text(200)
)

// clicks returns the rule of a click with these actions.
func clicks(actions rule) rule {
	return object("", members{"actions": list(0, 4, actions), "metadata": anyList})
}

// basics are the members of basic elements.
func basics() members {
	return members{
		"rtl": boolean, "tooltip": text(256), "tag": text(64), "tagVersion": text(64), "alt": text(2000),
		"style": style, "accessibility": aria,
		"click": clicks(func(at string, value any) error { return action(at, value) }),
	}
}

var button = ofType("button", "title", basics(), members{
	"class": oneOf("text", "button"), "title": text(128), "subtitle": text(128),
	"ref": object("", members{"name": selectName, "type": oneOf("carouselSelect", "accordionSelect")}),
})

var textElement = ofType("text", "text", basics(), members{"text": text(5000)})

var elements = sync.OnceValue(func() map[string]rule {
	return map[string]rule{
		"text":        textElement,
		"button":      button,
		"image":       ofType("image", "url", basics(), members{"url": text(2048), "caption": text(128)}),
		"map":         ofType("map", "la lo", basics(), members{"la": number, "lo": number}),
		"linkPreview": ofType("linkPreview", "url", basics(), members{"url": text(2048), "title": text(128)}),
		"template": ofType("template", "templateType title resp", basics(), members{
			"templateType": oneOf("quickReply"), "title": text(5000), "resp": list(1, 32, text(128)),
		}),
		"keyValuePairList": ofType("keyValuePairList", "elements", members{"elements": list(1, 50, keyValue)}),
	}
})

var keyValue = object("key", members{"key": text(128), "value": text(2048)})

var cards = sync.OnceValue(func() map[string]rule {
	inner := list(0, 256, func(at string, value any) error { return rootElement(at, value) })
	layout := members{
		"tag": text(64), "tagVersion": text(64), "border": oneOf("border", "borderLess", "dropShadow"),
		"elements": inner, "alt": text(2000), "accessibility": aria, "metadata": anyList,
	}
	all := map[string]rule{
		"vertical":   ofType("vertical", "elements", layout, members{"scroll": oneOf("disable", "enable"), "display": display, "style": style}),
		"horizontal": ofType("horizontal", "elements", layout, members{"borderLine": boolean, "percentages": list(0, 256, number)}),
	}
	for kind, check := range elements() {
		all[kind] = check
	}
	return all
})

var roots = sync.OnceValue(func() map[string]rule {
	inner := func(at string, value any) error { return card(at, value) }
	padded := members{"tooltip": text(256), "padding": between(0, 10), "alt": text(2000), "display": display, "style": style, "accessibility": aria}
	all := map[string]rule{
		"carousel": ofType("carousel", "elements", padded, members{"elements": list(2, 10, inner)}),
		"carouselSelect": ofType("carouselSelect", "selectMode elements", padded, members{
			"elements":   list(1, 20, inner),
			"selectMode": object("name type", members{"name": selectName, "type": oneOf("single", "multiple")}),
		}),
		"accordionSelect": ofType("accordionSelect", "selectMode titles elements", padded, members{
			"elements":   list(1, 20, inner),
			"selectMode": object("name", members{"name": selectName}),
			"titles":     list(1, 20, object("name", members{"name": selectName, "additional": selectName})),
		}),
		"tabs": ofType("tabs", "elements", members{"elements": list(1, 10, inner), "style": style}),
		"list": ofType("list", "elements", plain, members{"elements": tuple(3, textElement, sectionList, buttonList)}),
	}
	for kind, check := range cards() {
		all[kind] = check
	}
	return all
})

var plain = members{"tooltip": text(256), "alt": text(2000)}

var (
	sectionList = ofType("sectionList", "elements", plain, members{"elements": list(1, 256, section)})
	section     = ofType("section", "sectionID elements", plain, members{
		"sectionID": text(256), "padding": between(0, 10), "accessibility": aria,
		"elements": func(at string, value any) error {
			if items, is := value.([]any); is && len(items) == 2 {
				return tuple(2, textElement, checklist)(at, value)
			}
			return tuple(1, checklist)(at, value)
		},
	})
	checklist = ofType("checklist", "elements", plain, members{
		"elements": list(2, 256, checkbox), "padding": between(0, 10), "accessibility": aria,
	})
	checkbox = ofType("checkbox", "text click", basics(), members{
		"text": text(5000), "borderLine": boolean, "borderColor": text(256),
		"click": clicks(ofType("checked", "publishText", members{"publishText": text(250), "accessibility": aria})),
	})
	buttonList   = ofType("buttonList", "elements", plain, members{"elements": tuple(1, submitButton, button), "padding": between(0, 10)})
	submitButton = ofType("submitButton", "title click", basics(), members{
		"title": text(128), "disabled": boolean,
		"click": clicks(ofType("submitAsText", "submit", members{"submit": boolean, "accessibility": aria})),
	})
)

var actions = sync.OnceValue(func() map[string]rule {
	slot := ofType("scheduleSlot", "id start", members{
		"id": text(256), "start": integer, "end": integer, "title": text(40), "description": text(40), "imageUrl": text(1024),
	})
	uri := object("", members{"uri": text(1024)})
	return map[string]rule{
		"publishText": ofType("publishText", "text", members{"text": text(256)}),
		"link": ofType("link", "uri", members{
			"uri": text(1024), "name": text(256), "ios": uri, "android": uri, "web": uri,
			"target": oneOf("self", "blank", "slideout"), "accessibility": aria,
		}),
		"navigate":  ofType("navigate", "la lo", members{"la": number, "lo": number, "name": text(256)}),
		"addToCart": ofType("addToCart", "items", members{"items": list(0, 10, object("", members{"productId": text(256), "quantity": integer}))}),
		"custom":    ofType("custom", "", members{"data": list(0, 10, keyValue)}),
		"datePicker": ofType("datePicker", "class", members{
			"class": oneOf("single", "range"), "title": text(40), "minDate": integer, "maxDate": integer, "dateFormat": text(100),
		}),
		"scheduleSlotList": ofType("scheduleSlotList", "", members{
			"title": text(40), "slots": list(0, 256, slot), "firstDayOfTheWeek": oneOf("sun", "mon"),
		}),
	}
})
