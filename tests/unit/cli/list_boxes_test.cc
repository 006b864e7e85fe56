// `gauntlet list boxes --json`: every box with every parameter, as a program reads it.
#include "cli/list_boxes.hh"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "middleboxes/registry.hh"
#include "util/json.hh"

namespace gauntlet {
namespace {

TEST(ListBoxes, JsonHasEveryBoxWithEveryParameter) {
  const Json list = Json::parse(boxes_json(box_schemas()));
  ASSERT_EQ(list["boxes"].size(), boxes().size());
  for (size_t b = 0; b < boxes().size(); ++b) {
    const BoxSchema& box = boxes()[b].schema;
    const Json& shown = list["boxes"][b];
    SCOPED_TRACE(box.name);
    EXPECT_EQ(shown["name"], box.name);
    EXPECT_EQ(shown["summary"], box.summary);
    EXPECT_EQ(shown["manual"], box.manual);
    ASSERT_EQ(shown["params"].size(), box.params.size());
    for (size_t i = 0; i < box.params.size(); ++i) {
      const ParamSpec& p = box.params[i];
      const Json& row = shown["params"][i];
      SCOPED_TRACE(p.name);
      EXPECT_EQ(row["name"], p.name);
      EXPECT_EQ(row["type"], name_of(p.type));
      EXPECT_EQ(row["required"], p.required);
      EXPECT_EQ(row["fallback"], p.fallback);
      EXPECT_EQ(row["help"], p.help);
      EXPECT_EQ(row.value("choices", std::vector<std::string>{}), p.choices);
      EXPECT_EQ(row.value("min", INT64_MIN), p.min);
      EXPECT_EQ(row.value("max", INT64_MAX), p.max);
    }
  }
}

TEST(ListBoxes, JsonSaysWhatABoxTakes) {
  const Json list = Json::parse(boxes_json(box_schemas()));
  const auto find = [](const Json& all, const char* name) -> const Json& {
    for (const Json& one : all) {
      if (one["name"] == name) return one;
    }
    throw std::runtime_error(name);
  };
  const Json& params = find(list["boxes"], "split")["params"];
  EXPECT_EQ(find(params, "options")["choices"], (std::vector<std::string>{"all", "first", "last"}));
  EXPECT_EQ(find(params, "parts")["min"], 2);
  EXPECT_EQ(find(params, "parts")["fallback"], "2");
  EXPECT_EQ(find(params, "dir")["fallback"], "both");
  EXPECT_EQ(find(params, "when")["fallback"], "data");
  EXPECT_EQ(find(find(list["boxes"], "addopt")["params"], "option")["required"], true);
}

}  // namespace
}  // namespace gauntlet
