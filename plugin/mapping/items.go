package mapping

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// itemReader reads the items of a list.
type itemReader struct {
	table   table
	without []memberPath
	id      read
	lines   bool // the items are product lines; those left out are counted
}

// productsMember is the name of the member with product lines in a table.
const productsMember = "products"

// parseItems parses the part of a table's list after the word items.
func parseItems(readers map[string]reader, name string, literal []any) (member, error) {
	if len(literal) != 2 && len(literal) != 3 {
		return member{}, errors.New("expected items, a list of names, a table, and perhaps another list of names")
	}
	lists, err := texts(literal[0])
	if err != nil {
		return member{}, err
	}
	r := itemReader{id: readers["id"].read, lines: name == productsMember}
	if r.table, err = parseTable(readers, literal[1]); err != nil {
		return member{}, err
	}
	if len(literal) == 3 {
		names, err := texts(literal[2])
		if err != nil {
			return member{}, err
		}
		r.without = parsePaths(names)
	}
	return member{read: r.read, levels: [][]memberPath{parsePaths(lists)}}, nil
}

func (r itemReader) read(value any) (any, error) {
	list, ok := events.Lines(value)
	if !ok {
		return nil, fmt.Errorf("expected an array, got %s", typeName(value))
	}
	result := make([]any, 0, len(list))
	for i, item := range list {
		if events.IsNoLine(item) {
			if r.lines {
				linesLeftOut.Add(1)
			}
			continue
		}
		read, err := r.item(item)
		if err != nil {
			return nil, under("["+strconv.Itoa(i)+"]", err)
		}
		if read != nil {
			result = append(result, read)
		}
	}
	return result, nil
}

// item reads an item. It returns nil for an item that is left out, and an empty object for an
// item in which it finds nothing.
func (r itemReader) item(item any) (any, error) {
	object, err := asObject(item)
	if err != nil {
		return nil, err
	}
	part, err := readFirst(object, r.without, r.id)
	if part != nil || err != nil {
		return nil, err
	}
	objects := [...]located{{object: object}}
	read, err := r.table.read(objects[:])
	if err != nil {
		return nil, err
	}
	if read == nil {
		read = map[string]any{}
	}
	return read, nil
}
