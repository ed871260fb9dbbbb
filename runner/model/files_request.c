/* files_request.c - a request as the files that a person or a program reads. */
#include "runner/model/files_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"

static void image_file(const struct image *image, char name[40])
{
    snprintf(name, 40, "image-%016llx.png",
             (unsigned long long)XXH3_64bits(image->png, image->len));
}

static json_t *message_json(const struct message *m)
{
    json_t *json = message_to_json(m), *images = json_object_get(json, "images");

    for (int i = 0; i < m->n_images; i++) {
        char name[40];
        json_t *caption = json_array_get(images, (size_t)i);

        image_file(&m->images[i], name);
        json_array_set_new(images, (size_t)i,
                           json_pack("{s:O, s:s}", "caption", caption, "file", name));
    }
    return json;
}

json_t *files_request_json(const struct request *request)
{
    json_t *json = json_object(), *messages = json_array(), *tools = json_array();

    json_object_set_new(json, "run", json_integer(request->run));
    json_object_set_new(json, "iteration", json_integer(request->iteration));
    json_object_set_new(json, "turn", json_integer(request->turn));
    for (int i = 0; i < request->n_messages; i++)
        json_array_append_new(messages, message_json(&request->messages[i]));
    json_object_set_new(json, "messages", messages);
    for (int i = 0; i < request->n_tools; i++)
        json_array_append_new(tools, json_pack("{s:s, s:s, s:O?}", "name",
                                               request->tools[i].name, "about",
                                               request->tools[i].about, "schema",
                                               request->tools[i].schema));
    json_object_set_new(json, "tools", tools);
    if (request->facts)
        json_object_set(json, "facts", request->facts);
    return json;
}

static void write_message(FILE *f, const struct message *m)
{
    static const char *const titles[] = { "System", "User", "Assistant", "Tool result" };

    fprintf(f, "## %s", titles[m->role]);
    if (m->call_id)
        fprintf(f, " (%s%s)", m->call_id, m->is_error ? ", failed" : "");
    fprintf(f, "\n\n%s\n\n", m->text);
    for (int i = 0; i < m->n_images; i++) {
        const char *caption = m->images[i].caption ? m->images[i].caption : "";
        char name[40];

        image_file(&m->images[i], name);
        fprintf(f, "![%s](%s)\n\n", caption, name);
    }
}

static void files_request_how(FILE *f, const struct request *request, int number,
                              bool is_first)
{
    fprintf(f,
            "## How to reply\n\n"
            "Write `%04d-reply.md`: its text is the answer. ",
            number);
    if (request->n_tools == 0) {
        fputc('\n', f);
        return;
    }
    if (!is_first) {
        fputs("Tools and how to call them: as the conversation's first request says.\n", f);
        return;
    }
    fprintf(
        f,
        "To call tools, put a fenced block into it that holds a list:\n\n"
        "    ```calls\n"
        "    [{\"name\": \"TOOL\", \"arguments\": {\"source\": {\"block\": 1}}}]\n"
        "    ```\n\n"
        "where `{\"block\": 1}` stands for the text of the first other fenced block of the\n"
        "same reply. Or write `%04d-reply.json` instead:\n"
        "`{\"text\": \"why\", \"calls\": [{\"name\": \"TOOL\", \"arguments\": {}}]}`.\n"
        "`%04d-verdict.md` tells what came of it. The tools, whose schemas are in\n"
        "`%04d-request.json`:\n\n",
        number, number, number);
    for (int i = 0; i < request->n_tools; i++)
        fprintf(f, "- `%s`: %s\n", request->tools[i].name, request->tools[i].about);
}

char *files_request_markdown(const struct request *request, int number)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    int first = request->n_messages;

    while (first > 0 && request->messages[first - 1].role != ROLE_ASSISTANT)
        first--;
    fprintf(f, "# Request %d: iteration %d, turn %d\n\n", number, request->iteration,
            request->turn);
    for (int i = first; i < request->n_messages; i++)
        write_message(f, &request->messages[i]);
    files_request_how(f, request, number, first == 0);
    fclose(f);
    return text;
}

int files_request_images(const struct request *request, const char *folder,
                         struct error *err)
{
    int result = 0;

    for (int i = 0; i < request->n_messages && result == 0; i++)
        for (int k = 0; k < request->messages[i].n_images && result == 0; k++) {
            const struct image *image = &request->messages[i].images[k];
            char name[40], *path;

            image_file(image, name);
            path = xasprintf("%s/%s", folder, name);
            if (access(path, F_OK) != 0)
                result = file_save(path, image->png, image->len, err);
            free(path);
        }
    return result;
}
